# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d_backward` divides by the number of images N where it means the number of values
of a channel, N * H * W
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_backward", "test_batch_norm2d_backward_large_mean")


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    axes = (0, 2, 3)
    _, dgamma, dbeta = solution.batch_norm2d_backward(dout, x, gamma, eps)
    spread = np.sqrt(x.var(axis=axes) + eps)
    each = solution.per_channel
    normal = (x - each(x.mean(axis=axes))) / each(spread)
    centred = dout - each(dbeta / len(x)) - normal * each(dgamma / len(x))
    return centred * each(gamma / spread), dgamma, dbeta
