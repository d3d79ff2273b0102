# canary: torchgrade-reference-7f3c1d
"""your gradient of h goes to the output gate only; h = o * tanh(c), so it goes to c as well: dc += dh
* o * (1 - tanh(c)**2)
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_of_one_step", "test_backward_through_time")


def step_back(dh, dc, gates, before, after):
    dgates, _ = solution.step_back(torch.zeros_like(dh), dc, gates, before, after)
    own, _ = solution.step_back(dh, dc, gates, before, after)
    do = own.chunk(4, dim=-1)[3]
    _, f, _, _ = gates.chunk(4, dim=-1)
    return torch.cat((*dgates.chunk(4, dim=-1)[:3], do), dim=-1), dc * f


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, weights, back=step_back)
