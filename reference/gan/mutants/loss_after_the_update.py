# canary: torchgrade-reference-7f3c1d
"""your steps return the loss after the update; it is the one before that they return"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = (
    "test_discriminator_step",
    "test_generator_step",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def discriminator_step(self, real, noise):
        super().discriminator_step(real, noise)
        with torch.no_grad():
            kept = [each.clone() for each in self.statistics]
            loss = self.discriminator_objective(*self.judge_both(real, self.forge(noise)))
            self.statistics = kept
        return loss

    def generator_step(self, noise):
        super().generator_step(noise)
        with torch.no_grad():
            kept = [each.clone() for each in self.statistics]
            loss = self.generator_objective(self.judge(self.make(noise, training=True)))
            self.statistics = kept
        return loss


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
