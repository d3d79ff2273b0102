# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` overwrites in `dx` what other entries of the kernel gave to the same place; all
of them add up: `+=`
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
    for u in range(kernel_rows):
        for v in range(kernel_columns):
            down = slice(u, u + stride[0] * rows, stride[0])
            right = slice(v, v + stride[1] * columns, stride[1])
            total[:, :, down, right] = shares[..., u, v]
    return total


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    _, dweight, dbias = solution.conv2d_backward(dout, x, weight, bias, stride, padding)
    shape = solution.pad(x, padding).shape
    dpadded = solution.gradient_of_padded(dout, weight, shape, stride, collect=overwrite)
    return solution.unpad(dpadded, padding), dweight, dbias
