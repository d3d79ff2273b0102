# canary: torchgrade-reference-7f3c1d
"""your `nt_xent_backward` returns the two gradients in the wrong order: `dz1` first, then `dz2`"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return solution.gradients_of(z1, z2, temperature)[::-1]
