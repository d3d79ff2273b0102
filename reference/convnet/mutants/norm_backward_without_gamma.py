# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d_backward` leaves gamma out of `dx`: the normalised value was multiplied by it"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_backward", "test_batch_norm2d_backward_large_mean")


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    return solution.batch_norm2d_backward(dout, x, np.ones_like(gamma), eps)
