# canary: torchgrade-reference-7f3c1d
"""your discriminator loss takes the logarithm of a sigmoid: it is 0 or 1 for large logits, and the
logarithm infinite; log(sigmoid(x)) can be computed from x without that
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss_of_large_logits",)


def wrong(real, fake):
    return -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
