# canary: torchgrade-reference-7f3c1d
"""your generator goes down mean(log(1 - sigmoid(fake_logits))), which saturates: where the discriminator
is certain that a point is generated, there is no gradient; take -mean(log(sigmoid(fake_logits)))
"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = (
    "test_generator_loss",
    "test_generator_loss_of_large_logits",
)


def wrong(fake):
    return -functional.softplus(fake).mean()


@hookimpl
def generator_loss(fake_logits):
    return solution.with_gradients(wrong, fake_logits)
