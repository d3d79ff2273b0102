# canary: torchgrade-reference-7f3c1d
"""your batch normalisation leaves eps out: divide by `sqrt(var + eps)`"""

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
    return solution.batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, 0.0)


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    return solution.batch_norm2d_backward(dout, x, gamma, 0.0)
