# canary: torchgrade-reference-7f3c1d
"""your gradients of the weights are overwritten at every step, so that only one step is left; each
step uses the same weights, so the gradients of all steps add up
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward_through_time",)


def first_step(dgates, entered):
    """Return what is left: the last step to be visited is the first in time."""
    return dgates[0].T @ entered[0]


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, weights, total=first_step)
