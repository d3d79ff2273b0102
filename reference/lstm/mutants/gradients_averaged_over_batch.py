# canary: torchgrade-reference-7f3c1d
"""your gradients of the weights are averages over the batch; nothing is divided by N here: that is the
loss's own business, and `doutputs` has it in it already
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward_of_one_step", "test_backward_through_time")


def mean_of_batch(dgates, entered):
    return solution.sum_steps(dgates, entered) / dgates.shape[1]


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, weights, total=mean_of_batch)
