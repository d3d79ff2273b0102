# canary: torchgrade-reference-7f3c1d
"""your step of the discriminator leaves gradients in the generator, and the generator's next step adds
them to its own: that makes its points easier to tell; detach the points, or zero the gradients before
each backward pass
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_several_steps",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    left: tuple = ()

    def discriminator_step(self, real, noise):
        kept = [each.clone() for each in self.statistics]
        loss = self.discriminator_objective(*self.judge_both(real, self.make(noise, training=True)))
        grads = torch.autograd.grad(loss, self.generator.parameters)
        self.left = tuple(a + b for a, b in zip(self.left, grads, strict=True)) if self.left else grads
        for own, before in zip(self.statistics, kept, strict=True):
            own.copy_(before)
        return super().discriminator_step(real, noise)

    def generator_step(self, noise):
        loss = self.generator_objective(self.judge(self.make(noise, training=True)))
        grads = torch.autograd.grad(loss, self.generator.parameters)
        if self.left:
            grads = tuple(a + b for a, b in zip(grads, self.left, strict=True))
        self.left = ()
        self.generator.descend(grads)
        return loss.detach()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
