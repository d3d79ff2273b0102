# canary: torchgrade-reference-7f3c1d
"""your discriminator loss has smoothed labels: the contract's are 1 and 0"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


def wrong(real, fake):
    soft = 0.9 * functional.softplus(-real) + 0.1 * functional.softplus(real)
    return soft.mean() + functional.softplus(fake).mean()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
