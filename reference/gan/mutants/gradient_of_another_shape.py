# canary: torchgrade-reference-7f3c1d
"""your `dfake` is flat: a gradient has the shape of what it is the gradient of"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_generator_loss",)


@hookimpl
def generator_loss(fake_logits):
    loss, dfake = solution.generator_loss(fake_logits)
    return loss, dfake.reshape(-1)
