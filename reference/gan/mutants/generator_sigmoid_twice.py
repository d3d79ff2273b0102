# canary: torchgrade-reference-7f3c1d
"""your generator loss takes the sigmoid of a sigmoid"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = ("test_generator_loss",)


def wrong(fake):
    return functional.softplus(-fake.sigmoid()).mean()


@hookimpl
def generator_loss(fake_logits):
    return solution.with_gradients(wrong, fake_logits)
