# canary: torchgrade-reference-7f3c1d
"""your models draw from one generator of random numbers that goes on from model to model: a second model
of the same seed is another one
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_new_model",)


DRAWS: dict = {}


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def weights(self, data_dim, latent_dim, seed):
        draw, width = DRAWS.setdefault(seed, np.random.default_rng(seed)), solution.WIDTH
        sizes = [(width, latent_dim), (width, width), (data_dim, width)]
        sizes += [(width, data_dim), (width, width), (1, width)]
        return [self.weight(draw, *size) for size in sizes]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
