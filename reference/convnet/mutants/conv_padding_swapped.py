# canary: torchgrade-reference-7f3c1d
"""your `conv2d` takes the two paddings for each other: the first belongs above and below, the second
left and right
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_padding", "test_conv2d_stride_and_padding")


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    return solution.conv2d(x, weight, bias, stride, padding[::-1])
