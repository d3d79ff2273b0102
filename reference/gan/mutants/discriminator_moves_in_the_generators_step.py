# canary: torchgrade-reference-7f3c1d
"""your discriminator moves in a step of the generator, down the generator's loss: it learns to be fooled"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = (
    "test_generator_step",
    "test_the_other_side_stays",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def generator_step(self, noise):
        kept = [each.clone() for each in self.statistics]
        loss = self.generator_objective(self.judge(self.make(noise, training=True)))
        grads = torch.autograd.grad(loss, self.discriminator.parameters)
        for own, before in zip(self.statistics, kept, strict=True):
            own.copy_(before)
        found = super().generator_step(noise)
        self.discriminator.descend(grads)
        return found


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
