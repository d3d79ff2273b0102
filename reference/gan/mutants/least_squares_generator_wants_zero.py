# canary: torchgrade-reference-7f3c1d
"""your least-squares generator loss draws the logits to 0, where the discriminator wants them; the
generator wants them at 1
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_least_squares_losses",)


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    one, _ = solution.least_squares_losses(real_logits, fake_logits)
    return one, fake_logits.square().mean() / 2
