# canary: torchgrade-reference-7f3c1d
"""your step of the generator leaves gradients in the discriminator, and the discriminator's next step adds
them to its own: zero a network's gradients before the backward pass of its step
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_several_steps",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    left: tuple = ()

    def generator_step(self, noise):
        kept = [each.clone() for each in self.statistics]
        loss = self.generator_objective(self.judge(self.make(noise, training=True)))
        grads = torch.autograd.grad(loss, self.discriminator.parameters)
        self.left = tuple(a + b for a, b in zip(self.left, grads, strict=True)) if self.left else grads
        for own, before in zip(self.statistics, kept, strict=True):
            own.copy_(before)
        return super().generator_step(noise)

    def discriminator_step(self, real, noise):
        loss = self.discriminator_objective(*self.judge_both(real, self.forge(noise)))
        grads = torch.autograd.grad(loss, self.discriminator.parameters)
        if self.left:
            grads = tuple(a + b for a, b in zip(grads, self.left, strict=True))
        self.left = ()
        self.discriminator.descend(grads)
        return loss.detach()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
