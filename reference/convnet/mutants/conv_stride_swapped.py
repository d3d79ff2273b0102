# canary: torchgrade-reference-7f3c1d
"""your `conv2d` takes the two strides for each other: the first belongs to the rows (height), the
second to the columns (width)
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_stride", "test_conv2d_stride_and_padding")


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    return solution.conv2d(x, weight, bias, stride[::-1], padding)
