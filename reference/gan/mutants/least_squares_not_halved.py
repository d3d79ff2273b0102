# canary: torchgrade-reference-7f3c1d
"""your least-squares losses are not halved"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_least_squares_losses",)


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    one, other = solution.least_squares_losses(real_logits, fake_logits)
    return 2 * one, 2 * other
