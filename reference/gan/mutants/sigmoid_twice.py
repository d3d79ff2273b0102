# canary: torchgrade-reference-7f3c1d
"""your discriminator loss takes the sigmoid of a sigmoid: logits go into a loss that does it itself, or
through a sigmoid into one that does not
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


def wrong(real, fake):
    return solution.discriminator_objective(real.sigmoid(), fake.sigmoid())


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
