# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d` normalises by the unbiased variance; only `running_var` is unbiased, the batch
is normalised by the variance divided by M
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_training", "test_batch_norm2d_running", "test_batch_norm2d_large_mean")


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    out, new_mean, new_var = solution.batch_norm2d(
        x, gamma, beta, running_mean, running_var, training, momentum, eps
    )
    if training:
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3), ddof=1)
        out = solution.normalise(x, mean, var, gamma, beta, eps)
    return out, new_mean, new_var
