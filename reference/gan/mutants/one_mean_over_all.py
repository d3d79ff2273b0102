# canary: torchgrade-reference-7f3c1d
"""your discriminator loss is one mean over real and generated points together; it is the sum of two means,
each over its own kind, so that it does not matter how many there are of each
"""

import solution
import torch
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


def wrong(real, fake):
    return torch.cat([functional.softplus(-real).reshape(-1), functional.softplus(fake).reshape(-1)]).mean()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
