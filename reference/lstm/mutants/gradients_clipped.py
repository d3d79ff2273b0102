# canary: torchgrade-reference-7f3c1d
"""you clip gradients inside `lstm_backward`; it returns the gradients as they are, and clipping
belongs to the training
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward_through_time",)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    dx, dinitial, dweights = solution.backward(doutputs, dstate, x, state, weights)
    clipped = [tuple(None if each is None else each.clamp(-1.0, 1.0) for each in layer) for layer in dweights]
    return dx, dinitial, clipped
