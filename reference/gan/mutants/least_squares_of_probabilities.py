# canary: torchgrade-reference-7f3c1d
"""your least-squares losses are taken of sigmoids; they are taken of the logits themselves"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_least_squares_losses",)


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    return solution.least_squares_losses(real_logits.sigmoid(), fake_logits.sigmoid())
