# canary: torchgrade-reference-7f3c1d
"""your generator gets no gradient in its own step: its points are detached, or made without a graph, so
that nothing leads back from the logits
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_generator_step",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def generator_step(self, noise):
        loss = self.generator_objective(self.judge(self.make(noise, training=True)))
        self.generator.descend([torch.zeros_like(each) for each in self.generator.parameters])
        return loss.detach()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
