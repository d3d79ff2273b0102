# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d` takes mean and variance over the images only; a channel is one feature wherever
it is seen, so they go over rows and columns too: axes 0, 2 and 3
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_training", "test_batch_norm2d_running", "test_batch_norm2d_large_mean")


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    out, new_mean, new_var = solution.batch_norm2d(
        x, gamma, beta, running_mean, running_var, training, momentum, eps
    )
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        each = solution.per_channel
        out = each(gamma) * (x - mean) / np.sqrt(var + eps) + each(beta)
        new_mean = (1.0 - momentum) * each(running_mean) + momentum * mean
        new_var = (1.0 - momentum) * each(running_var) + momentum * var
    return out, new_mean, new_var
