# canary: torchgrade-reference-7f3c1d
"""your discriminator loss takes logits for probabilities: there is a sigmoid between them"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


def wrong(real, fake):
    return -real.clamp(1e-7, 1 - 1e-7).log().mean() - (1 - fake.clamp(1e-7, 1 - 1e-7)).log().mean()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
