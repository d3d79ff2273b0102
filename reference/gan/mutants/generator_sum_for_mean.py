# canary: torchgrade-reference-7f3c1d
"""your generator loss is a sum over the points; it is their mean"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = ("test_generator_loss",)


def wrong(fake):
    return functional.softplus(-fake).sum()


@hookimpl
def generator_loss(fake_logits):
    return solution.with_gradients(wrong, fake_logits)
