# canary: torchgrade-reference-7f3c1d
"""your discriminator loss clamps its logits: the loss of a confident mistake is then too small, and has no
gradient
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss_of_large_logits",)


def wrong(real, fake):
    return solution.discriminator_objective(real.clamp(-50, 50), fake.clamp(-50, 50))


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
