# canary: torchgrade-reference-7f3c1d
"""your discriminator loss is half of what it should be: the two means are added, not averaged"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


def wrong(real, fake):
    return solution.discriminator_objective(real, fake) / 2


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
