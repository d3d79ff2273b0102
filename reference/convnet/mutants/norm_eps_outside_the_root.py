# canary: torchgrade-reference-7f3c1d
"""your batch normalisation adds eps to the standard deviation; it belongs to the variance, inside the
root: `sqrt(var + eps)`
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_batch_norm2d_training",
    "test_batch_norm2d_running",
    "test_batch_norm2d_evaluation",
    "test_batch_norm2d_large_mean",
    "test_batch_norm2d_backward",
)


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    _, new_mean, new_var = solution.batch_norm2d(
        x, gamma, beta, running_mean, running_var, training, momentum, eps
    )
    mean, var = (x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))) if training else (running_mean, running_var)
    out = solution.normalise(x, mean, (np.sqrt(var) + eps) ** 2, gamma, beta, 0.0)
    return out, new_mean, new_var


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    var = x.var(axis=(0, 2, 3))
    outside = (np.sqrt(var) + eps) ** 2 - var
    return solution.batch_norm2d_backward(dout, x, gamma, outside)
