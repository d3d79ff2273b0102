# canary: torchgrade-reference-7f3c1d
"""your generator moves in a step of the discriminator, down the same loss: it helps the discriminator
against itself; detach the generated points, and step one optimiser
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = (
    "test_discriminator_step",
    "test_the_other_side_stays",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def discriminator_step(self, real, noise):
        kept = [each.clone() for each in self.statistics]
        loss = self.discriminator_objective(*self.judge_both(real, self.make(noise, training=True)))
        grads = torch.autograd.grad(loss, self.generator.parameters)
        for own, before in zip(self.statistics, kept, strict=True):
            own.copy_(before)
        found = super().discriminator_step(real, noise)
        self.generator.descend(grads)
        return found


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
