# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d_backward` forgets that the mean depends on x: what it passes on is the same for
every entry of a channel, minus the mean of the gradient
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_backward", "test_batch_norm2d_backward_large_mean")


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = solution.batch_norm2d_backward(dout, x, gamma, eps)
    spread = np.sqrt(x.var(axis=(0, 2, 3)) + eps)
    count = x.size // x.shape[1]
    return dx + solution.per_channel(dbeta / count * gamma / spread), dgamma, dbeta
