# canary: torchgrade-reference-7f3c1d
"""your gradients of the weights are averages over the steps; nothing is divided by T: the gradients of
all steps add up
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward_through_time",)


def mean_of_steps(dgates, entered):
    return solution.sum_steps(dgates, entered) / len(dgates)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, weights, total=mean_of_steps)
