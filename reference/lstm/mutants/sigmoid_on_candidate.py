# canary: torchgrade-reference-7f3c1d
"""your candidate g goes through a sigmoid like the three gates; it is no gate, it goes through tanh"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_cell", "test_lstm_of_one_layer", "test_backward_of_one_step")


def activate(gates):
    i, f, g, o = gates.chunk(4, dim=-1)
    return i.sigmoid(), f.sigmoid(), g.sigmoid(), o.sigmoid()


def step_back(dh, dc, gates, before, after):
    dgates, dbefore = solution.step_back(dh, dc, gates, before, after)
    di, df, dg, do = dgates.chunk(4, dim=-1)
    g = gates.chunk(4, dim=-1)[2]
    return torch.cat((di, df, dg * g / (1 + g), do), dim=-1), dbefore


@hookimpl
def lstm_cell(x, state, weights):
    return solution.cell(x, state, weights, activations=activate)


@hookimpl
def lstm(x, state, weights):
    return solution.forward(x, state, weights, activations=activate)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, weights, activations=activate, back=step_back)
