# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d_backward` writes whole windows, zeros too, over what earlier windows gave; where
windows overlap, gradients add up: `+=`
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d_backward_overlapping",)


def overwrite(shares, shape, stride):
    total = np.zeros(shape)
    rows, columns, kernel_rows, kernel_columns = shares.shape[2:]
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride[0], j * stride[1]
            total[:, :, top : top + kernel_rows, left : left + kernel_columns] = shares[:, :, i, j]
    return total


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    return solution.pool_backward(dout, x, kernel, stride, padding, collect=overwrite)
