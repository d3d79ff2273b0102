# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d` has momentum the other way round: here it is the share of the new batch, `(1 -
momentum) * running_mean + momentum * mean`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_training", "test_batch_norm2d_running", "test_batch_norm2d_large_mean")


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    return solution.batch_norm2d(x, gamma, beta, running_mean, running_var, training, 1.0 - momentum, eps)
