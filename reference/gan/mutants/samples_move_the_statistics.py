# canary: torchgrade-reference-7f3c1d
"""your `sample` moves the running statistics: what it returns depends on how often it was asked before"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_sample",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def sample(self, noise):
        points = super().sample(noise)
        if len(noise) > 1:
            with torch.no_grad():
                self.make(noise, training=True)
        return points


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
