# canary: torchgrade-reference-7f3c1d
"""your batch normalisation takes the variance as the mean of squares less the square of the mean;
where the mean is large, the two cancel and few digits are left: take the mean off first, then
square
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_large_mean", "test_batch_norm2d_backward_large_mean")


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    out, new_mean, new_var = solution.batch_norm2d(
        x, gamma, beta, running_mean, running_var, training, momentum, eps
    )
    if training:
        mean, count = x.mean(axis=(0, 2, 3)), x.size // x.shape[1]
        var = np.abs((x**2).mean(axis=(0, 2, 3)) - mean**2)
        out = solution.normalise(x, mean, var, gamma, beta, eps)
        new_var = (1.0 - momentum) * running_var + momentum * var * count / (count - 1)
    return out, new_mean, new_var


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    exact = x.var(axis=(0, 2, 3))
    by_squares = np.abs((x**2).mean(axis=(0, 2, 3)) - x.mean(axis=(0, 2, 3)) ** 2)
    return solution.batch_norm2d_backward(dout, x, gamma, by_squares - exact + eps)
