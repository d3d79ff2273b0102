# canary: torchgrade-reference-7f3c1d
"""your layers take each other's states; entry l of `state` belongs to layer l, layer 0 being the one
that reads x
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_lstm_of_several_layers", "test_backward_of_several_layers")


def turned(state):
    return None if state is None else tuple(part.flip(0) for part in state)


@hookimpl
def lstm(x, state, weights):
    outputs, final = solution.forward(x, turned(state), weights)
    return outputs, turned(final)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    dx, dinitial, dweights = solution.backward(doutputs, turned(dstate), x, turned(state), weights)
    return dx, turned(dinitial), dweights
