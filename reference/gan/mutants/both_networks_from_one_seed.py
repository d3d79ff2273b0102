# canary: torchgrade-reference-7f3c1d
"""your two networks each begin to draw from the seed anew; one generator of random numbers is used for all
six matrices, one after the other
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_new_model",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def weights(self, data_dim, latent_dim, seed):
        draw, width = np.random.default_rng(seed), solution.WIDTH
        sizes = (width, data_dim), (width, width), (1, width)
        mine = super().weights(data_dim, latent_dim, seed)[:3]
        return mine + [self.weight(draw, *size) for size in sizes]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
