# canary: torchgrade-reference-7f3c1d
"""your `softmax_cross_entropy` subtracts the maximum from the caller's `logits` in place; `logits
-= ...` changes the argument itself, so assign the difference to a new name
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_softmax_cross_entropy", "test_softmax_cross_entropy_of_large_logits")


@hookimpl
def softmax_cross_entropy(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    return solution.softmax_cross_entropy(logits, labels)
