# canary: torchgrade-reference-7f3c1d
"""your weights are multiplied by 2 / in; that is the variance, and its root the factor"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_new_model",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def weight(self, draw, rows, columns):
        return super().weight(draw, rows, columns) * (2 / columns) ** 0.5


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
