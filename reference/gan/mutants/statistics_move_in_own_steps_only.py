# canary: torchgrade-reference-7f3c1d
"""your running statistics move in the generator's steps alone; the generator's pass in a step of the
discriminator moves them too
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_step",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def forge(self, noise):
        kept = [each.clone() for each in self.statistics]
        points = super().forge(noise)
        for own, before in zip(self.statistics, kept, strict=True):
            own.copy_(before)
        return points


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
