# canary: torchgrade-reference-7f3c1d
"""your weights do not depend on the seed"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_new_model",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def weights(self, data_dim, latent_dim, seed):
        return super().weights(data_dim, latent_dim, 0)


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
