# canary: torchgrade-reference-7f3c1d
"""your loss divides a zero row by its length, which is 0 / 0; such a row has the similarity 0 to all
others
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_loss_of_zero_rows",)


@hookimpl
def nt_xent(z1, z2, temperature):
    return solution.loss_of(z1, z2, temperature, normalise=lambda z: z / z.norm(dim=1, keepdim=True))
