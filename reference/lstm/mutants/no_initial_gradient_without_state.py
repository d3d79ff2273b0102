# canary: torchgrade-reference-7f3c1d
"""where `state` is None you return zeros for its gradient; it is asked for all the same: the gradient
of the zeros that None stands for
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_without_state",)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    dx, dinitial, dweights = solution.backward(doutputs, dstate, x, state, weights)
    return dx, dinitial if state is not None else tuple(torch.zeros_like(part) for part in dinitial), dweights
