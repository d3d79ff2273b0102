# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d` writes into `running_mean` and `running_var`; arguments stay as they are: return
new arrays
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_running",)


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    out, new_mean, new_var = solution.batch_norm2d(
        x, gamma, beta, running_mean, running_var, training, momentum, eps
    )
    running_mean[...], running_var[...] = new_mean, new_var
    return out, running_mean, running_var
