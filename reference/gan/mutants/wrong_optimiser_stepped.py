# canary: torchgrade-reference-7f3c1d
"""your step of the generator steps the discriminator's optimiser"""

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
        loss = self.generator_objective(self.judge(self.make(noise, training=True)))
        self.discriminator.descend(torch.autograd.grad(loss, self.discriminator.parameters))
        return loss.detach()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
