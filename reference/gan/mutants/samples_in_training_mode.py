# canary: torchgrade-reference-7f3c1d
"""your `sample` normalises by the batch that it makes; then a point depends on the others, and a single
one is lost: it uses the running statistics
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_sample",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def sample(self, noise):
        kept = [each.clone() for each in self.statistics]
        if len(noise) < 2:
            return super().sample(noise)
        with torch.no_grad():
            points = self.make(noise, training=True)
        self.statistics = kept
        return points


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
