# canary: torchgrade-reference-7f3c1d
"""your generator loss adds a small number before it takes the logarithm: where the discriminator is
certain, the loss is far too small and the gradient gone
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_generator_loss_of_large_logits",)


def wrong(fake):
    return -(fake.sigmoid() + 1e-12).log().mean()


@hookimpl
def generator_loss(fake_logits):
    return solution.with_gradients(wrong, fake_logits)
