# canary: torchgrade-reference-7f3c1d
"""all of your layers begin with the state of layer 0; entry l of `state` belongs to layer l"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_lstm_of_several_layers", "test_backward_of_several_layers")


def same(state):
    return None if state is None else tuple(part[:1].expand_as(part) for part in state)


@hookimpl
def lstm(x, state, weights):
    return solution.forward(x, same(state), weights)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, same(state), weights)
