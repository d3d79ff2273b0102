# canary: torchgrade-reference-7f3c1d
"""you leave out the second part of `dstate`, the gradient of the final cell; it is where the cell's
way back begins
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_of_the_final_state",)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    if dstate is not None:
        dstate = dstate[0], torch.zeros_like(dstate[1])
    return solution.backward(doutputs, dstate, x, state, weights)
