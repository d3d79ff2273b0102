# canary: torchgrade-reference-7f3c1d
"""your generator loss takes the logarithm of a sigmoid, which is 0 for a large negative logit: the
beginning of a training is just where a generator meets those
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_generator_loss_of_large_logits",)


def wrong(fake):
    return -fake.sigmoid().log().mean()


@hookimpl
def generator_loss(fake_logits):
    return solution.with_gradients(wrong, fake_logits)
