# canary: torchgrade-reference-7f3c1d
"""your generator loss is the discriminator's for generated points: a generator that goes down it makes its
points easier to tell; it wants them to be taken for real
"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = ("test_generator_loss",)


def wrong(fake):
    return functional.softplus(fake).mean()


@hookimpl
def generator_loss(fake_logits):
    return solution.with_gradients(wrong, fake_logits)
