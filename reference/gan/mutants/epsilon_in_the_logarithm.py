# canary: torchgrade-reference-7f3c1d
"""your discriminator loss adds a small number before it takes the logarithm: that hides the infinity, but
the loss of a confident mistake is then far too small and its gradient gone
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss_of_large_logits",)


def wrong(real, fake):
    return -(real.sigmoid() + 1e-12).log().mean() - (1 - fake.sigmoid() + 1e-12).log().mean()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
