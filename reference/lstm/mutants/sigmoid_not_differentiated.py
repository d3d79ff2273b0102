# canary: torchgrade-reference-7f3c1d
"""you give the gates' gradients as they are after the sigmoid; before it they are times s * (1 - s),
for i, f and o alike
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_of_one_step", "test_backward_through_time")


def step_back(dh, dc, gates, before, after):
    i, f, g, o = gates.chunk(4, dim=-1)
    dc = dc + dh * o * (1 - after.tanh() ** 2)
    parts = (dc * g, dc * before, dc * i * (1 - g * g), dh * after.tanh())
    return torch.cat(parts, dim=-1), dc * f


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, weights, back=step_back)
