# canary: torchgrade-reference-7f3c1d
"""your discriminator loss has nothing of the generated points in it: -mean(log(1 - sigmoid(fake_logits)))
is missing
"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_loss",)


def wrong(real, fake):
    return functional.softplus(-real).mean() + 0.0 * fake.sum()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    return solution.with_gradients(wrong, real_logits, fake_logits)
