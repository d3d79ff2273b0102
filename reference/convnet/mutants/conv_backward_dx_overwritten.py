# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` overwrites in `dx` where windows overlap; an entry of x is part of several
windows, and their gradients add up: `+=`
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_conv2d_backward",
    "test_conv2d_backward_padding",
    "test_conv2d_backward_stride_and_padding",
)


def overwrite(shares, shape, stride):
    total = np.zeros(shape)
    rows, columns, kernel_rows, kernel_columns = shares.shape[2:]
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride[0], j * stride[1]
            total[:, :, top : top + kernel_rows, left : left + kernel_columns] = shares[:, :, i, j]
    return total


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    _, dweight, dbias = solution.conv2d_backward(dout, x, weight, bias, stride, padding)
    shape = solution.pad(x, padding).shape
    dpadded = solution.gradient_of_padded(dout, weight, shape, stride, collect=overwrite)
    return solution.unpad(dpadded, padding), dweight, dbias
