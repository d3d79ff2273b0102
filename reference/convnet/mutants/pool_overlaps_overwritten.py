# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d_backward` overwrites where windows overlap; an entry that is the maximum of several
windows gets the sum of their gradients: `+=` (with index arrays `np.add.at`, since `dx[indices] +=
g` counts each entry once)
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d_backward_overlapping", "test_max_pool2d_backward_ties")


def overwrite(shares, shape, stride):
    total = np.zeros(shape)
    rows, columns, kernel_rows, kernel_columns = shares.shape[2:]
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride[0], j * stride[1]
            window = total[:, :, top : top + kernel_rows, left : left + kernel_columns]
            np.copyto(window, shares[:, :, i, j], where=shares[:, :, i, j] != 0.0)
    return total


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    return solution.pool_backward(dout, x, kernel, stride, padding, collect=overwrite)
