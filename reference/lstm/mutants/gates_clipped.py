# canary: torchgrade-reference-7f3c1d
"""you clip what goes into the gates; a clipped sigmoid is never quite 0 or 1, and the difference is
noticed: `torch.sigmoid` needs no clipping
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_cell_of_large_gates",)


@hookimpl
def lstm_cell(x, state, weights):
    return solution.cell(x, state, weights, activations=activate)


def activate(gates):
    return solution.activate(gates.clamp(-10.0, 10.0))
