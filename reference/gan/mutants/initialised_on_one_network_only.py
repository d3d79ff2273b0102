# canary: torchgrade-reference-7f3c1d
"""your discriminator starts from other weights than the contract says; your generator's are right: both
networks are drawn, one after the other, from the same generator of random numbers
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_new_model",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def weights(self, data_dim, latent_dim, seed):
        found = super().weights(data_dim, latent_dim, seed)
        torch.manual_seed(seed)
        return [
            *found[:3],
            *(torch.rand_like(w) * 2 / w.shape[1] ** 0.5 - 1 / w.shape[1] ** 0.5 for w in found[3:]),
        ]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
