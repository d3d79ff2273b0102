# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d` moves `running_var` towards the variance divided by M; the running variance is
the unbiased one, divided by M - 1 (`ddof=1`), while the batch is normalised by the other
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_running",)


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    out, new_mean, new_var = solution.batch_norm2d(
        x, gamma, beta, running_mean, running_var, training, momentum, eps
    )
    if training:
        new_var = (1.0 - momentum) * running_var + momentum * x.var(axis=(0, 2, 3))
    return out, new_mean, new_var
