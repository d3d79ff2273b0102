# canary: torchgrade-reference-7f3c1d
"""your discriminator loss is a sum over the points; each of its two parts is a mean over the logits of its
own kind
"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


def wrong(real, fake):
    return functional.softplus(-real).sum() + functional.softplus(fake).sum()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
