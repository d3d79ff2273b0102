# canary: torchgrade-reference-7f3c1d
"""your `conv2d` rounds the size of its output up where the stride leaves rows or columns over; windows
that do not fit whole are left out, so divide with `//`
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_stride", "test_conv2d_stride_and_padding")


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    spare = [
        (k - size - 2 * p) % s
        for size, p, k, s in zip(x.shape[2:], padding, weight.shape[2:], stride, strict=True)
    ]
    padded = np.pad(solution.pad(x, padding), ((0, 0), (0, 0), (0, spare[0]), (0, spare[1])))
    return solution.conv2d(padded, weight, bias, stride, (0, 0))
