# canary: torchgrade-reference-7f3c1d
"""your discriminator loss adds the terms of real and generated points entry by entry, where shapes (N, 1)
and (M,) broadcast to (N, M) and other sizes do not fit at all: take the mean of each kind first
"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


def wrong(real, fake):
    return (functional.softplus(-real) + functional.softplus(fake)).sum() / len(real)


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
