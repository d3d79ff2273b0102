# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d_backward` forgets that the variance depends on x: it adds a term that is
proportional to the normalised value
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_backward", "test_batch_norm2d_backward_large_mean")


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    _, dgamma, dbeta = solution.batch_norm2d_backward(dout, x, gamma, eps)
    spread = np.sqrt(x.var(axis=(0, 2, 3)) + eps)
    centred = dout - dout.mean(axis=(0, 2, 3), keepdims=True)
    return centred * solution.per_channel(gamma / spread), dgamma, dbeta
