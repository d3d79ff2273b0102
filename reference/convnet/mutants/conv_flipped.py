# canary: torchgrade-reference-7f3c1d
"""your `conv2d` flips the kernel, as a convolution does in mathematics; here, as in every deep-
learning library, it is a cross-correlation: `xp[i + u, j + v] * weight[u, v]`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d", "test_conv2d_padding", "test_conv2d_stride", "test_conv2d_stride_and_padding")


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    return solution.conv2d(x, weight[:, :, ::-1, ::-1], bias, stride, padding)
