# canary: torchgrade-reference-7f3c1d
"""your weights have the variance 2 / out; He's initialisation has 2 / in, the number of columns"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_new_model",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def weight(self, draw, rows, columns):
        return super().weight(draw, rows, columns) * (columns / rows) ** 0.5


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
