# canary: torchgrade-reference-7f3c1d
"""your `conv2d` does not add the bias: one number a filter, to the whole of its channel"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d", "test_conv2d_padding", "test_conv2d_stride", "test_conv2d_stride_and_padding")


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    return solution.conv2d(x, weight, 0.0 * bias, stride, padding)
