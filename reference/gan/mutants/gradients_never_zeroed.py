# canary: torchgrade-reference-7f3c1d
"""your gradients are never zeroed: each step adds its own to those of all steps before"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_several_steps",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    mine: tuple = ()
    yours: tuple = ()

    def discriminator_step(self, real, noise):
        loss = self.discriminator_objective(*self.judge_both(real, self.forge(noise)))
        grads = torch.autograd.grad(loss, self.discriminator.parameters)
        self.yours = tuple(a + b for a, b in zip(self.yours, grads, strict=True)) if self.yours else grads
        self.discriminator.descend(self.yours)
        return loss.detach()

    def generator_step(self, noise):
        loss = self.generator_objective(self.judge(self.make(noise, training=True)))
        grads = torch.autograd.grad(loss, self.generator.parameters)
        self.mine = tuple(a + b for a, b in zip(self.mine, grads, strict=True)) if self.mine else grads
        self.generator.descend(self.mine)
        return loss.detach()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
