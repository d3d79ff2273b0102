# canary: torchgrade-reference-7f3c1d
"""your discriminator ends in a sigmoid, and the losses take another: it returns logits"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_discriminator_step",
    "test_generator_step",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def judge(self, points):
        return super().judge(points).sigmoid()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
