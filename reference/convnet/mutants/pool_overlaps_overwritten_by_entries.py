# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d_backward` overwrites where windows overlap; an entry that is the maximum of several
windows gets the sum of their gradients: `+=`
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d_backward_overlapping", "test_max_pool2d_backward_ties")


def overwrite(shares, shape, stride):
    total = np.zeros(shape)
    rows, columns, kernel_rows, kernel_columns = shares.shape[2:]
    for u in range(kernel_rows):
        for v in range(kernel_columns):
            down = slice(u, u + stride[0] * rows, stride[0])
            right = slice(v, v + stride[1] * columns, stride[1])
            np.copyto(total[:, :, down, right], shares[..., u, v], where=shares[..., u, v] != 0.0)
    return total


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    return solution.pool_backward(dout, x, kernel, stride, padding, collect=overwrite)
