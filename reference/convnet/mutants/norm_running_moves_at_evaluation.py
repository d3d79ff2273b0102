# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d` moves the running statistics in evaluation too; there they are used, and
returned as they are
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_evaluation",)


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    out, new_mean, new_var = solution.batch_norm2d(
        x, gamma, beta, running_mean, running_var, training, momentum, eps
    )
    if not training:
        count = x.size // x.shape[1]
        unbiased = x.var(axis=(0, 2, 3)) * count / max(count - 1, 1)
        new_mean = (1.0 - momentum) * running_mean + momentum * x.mean(axis=(0, 2, 3))
        new_var = (1.0 - momentum) * running_var + momentum * unbiased
    return out, new_mean, new_var
