# canary: torchgrade-reference-7f3c1d
"""your derivative of tanh is 1 - c**2 with the cell itself; it is 1 - tanh(c)**2"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_of_one_step", "test_backward_through_time")


def step_back(dh, dc, gates, before, after):
    i, f, g, o = gates.chunk(4, dim=-1)
    dc = dc + dh * o * (1 - after**2)
    do = dh * after.tanh() * o * (1 - o)
    parts = (dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g), do)
    return torch.cat(parts, dim=-1), dc * f


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, weights, back=step_back)
