# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d_backward` treats mean and variance as constants; both are computed from x, and
each passes a gradient on to every entry of its channel
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_backward", "test_batch_norm2d_backward_large_mean")


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    _, dgamma, dbeta = solution.batch_norm2d_backward(dout, x, gamma, eps)
    spread = np.sqrt(x.var(axis=(0, 2, 3)) + eps)
    return dout * solution.per_channel(gamma / spread), dgamma, dbeta
