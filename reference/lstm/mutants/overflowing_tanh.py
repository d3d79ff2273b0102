# canary: torchgrade-reference-7f3c1d
"""your tanh divides a difference of exponentials by their sum, infinity by infinity for a large x;
`torch.tanh` does not
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_cell_of_large_gates",)


def tanh(x):
    return (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())


def activate(gates):
    i, f, g, o = gates.chunk(4, dim=-1)
    return i.sigmoid(), f.sigmoid(), tanh(g), o.sigmoid()


@hookimpl
def lstm_cell(x, state, weights):
    return solution.cell(x, state, weights, activations=activate)
