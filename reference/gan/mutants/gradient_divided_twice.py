# canary: torchgrade-reference-7f3c1d
"""your `dfake` is divided by the number of points twice: a mean divides once"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_generator_loss",)


@hookimpl
def generator_loss(fake_logits):
    loss, dfake = solution.generator_loss(fake_logits)
    return loss, dfake / len(fake_logits)
