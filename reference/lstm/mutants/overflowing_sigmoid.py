# canary: torchgrade-reference-7f3c1d
"""your sigmoid computes exp(x) / (1 + exp(x)), which is infinity over infinity for a large x; divide
both by the exponential, or use `torch.sigmoid`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_cell_of_large_gates",)


def sigmoid(x):
    return x.exp() / (1 + x.exp())


@hookimpl
def lstm_cell(x, state, weights):
    return solution.cell(x, state, weights, activations=activate)


def activate(gates):
    i, f, g, o = gates.chunk(4, dim=-1)
    return sigmoid(i), sigmoid(f), g.tanh(), sigmoid(o)
