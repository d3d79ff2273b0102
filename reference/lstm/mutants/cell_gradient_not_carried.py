# canary: torchgrade-reference-7f3c1d
"""your gradient of the cell ends at each step; c goes straight from step to step, so its gradient does
too, times the forget gate
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_through_time", "test_backward_of_the_final_state")


def step_back(dh, dc, gates, before, after):
    return solution.step_back(dh, torch.zeros_like(dc), gates, before, after)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, weights, back=step_back)
