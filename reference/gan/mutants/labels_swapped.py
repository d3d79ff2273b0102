# canary: torchgrade-reference-7f3c1d
"""your discriminator loss takes real points for generated ones and the reverse: real logits belong into
-log(sigmoid(real)), generated ones into -log(1 - sigmoid(fake))
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


def wrong(real, fake):
    return solution.discriminator_objective(fake, real)


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
