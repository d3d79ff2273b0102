# canary: torchgrade-reference-7f3c1d
"""your gammas are drawn like DCGAN's, from a normal distribution around 1; here they start as ones"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_new_model",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def norm(self):
        gamma, beta = super().norm()
        return gamma + 0.02 * torch.randn(len(gamma), dtype=gamma.dtype, generator=torch.manual_seed(0)), beta


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
