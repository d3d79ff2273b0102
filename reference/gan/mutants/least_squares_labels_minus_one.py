# canary: torchgrade-reference-7f3c1d
"""your least-squares discriminator loss draws generated logits to -1; here they go to 0"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_least_squares_losses",)


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    one, other = solution.least_squares_losses(real_logits, fake_logits)
    return one - fake_logits.square().mean() / 2 + (fake_logits + 1).square().mean() / 2, other
