# canary: torchgrade-reference-7f3c1d
"""the gradient of the cell goes on to the step before as it is; c = f * c_before + …, so it is
multiplied by the forget gate on the way
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward_of_one_step", "test_backward_through_time")


def step_back(dh, dc, gates, before, after):
    dgates, dbefore = solution.step_back(dh, dc, gates, before, after)
    _, f, _, _ = gates.chunk(4, dim=-1)
    return dgates, dbefore / f


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, weights, back=step_back)
