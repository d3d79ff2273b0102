# canary: torchgrade-reference-7f3c1d
"""your two optimisers have one t together; each counts its own network's steps"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_several_steps",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def discriminator_step(self, real, noise):
        loss = super().discriminator_step(real, noise)
        self.generator.t += 1
        return loss

    def generator_step(self, noise):
        loss = super().generator_step(noise)
        self.discriminator.t += 1
        return loss


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
