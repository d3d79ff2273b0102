# canary: torchgrade-reference-7f3c1d
"""your loss computes in float64 and returns that; the result has the dtype of `z1`"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_loss_in_float32",)


@hookimpl
def nt_xent(z1, z2, temperature):
    return solution.loss_of(z1.double(), z2.double(), temperature)
