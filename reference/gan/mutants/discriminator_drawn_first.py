# canary: torchgrade-reference-7f3c1d
"""your discriminator's weights are drawn before the generator's"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_new_model",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def weights(self, data_dim, latent_dim, seed):
        draw, width = np.random.default_rng(seed), solution.WIDTH
        sizes = [(width, data_dim), (width, width), (1, width)]
        sizes += [(width, latent_dim), (width, width), (data_dim, width)]
        drawn = [self.weight(draw, *size) for size in sizes]
        return drawn[3:] + drawn[:3]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
