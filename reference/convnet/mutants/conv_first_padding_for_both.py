# canary: torchgrade-reference-7f3c1d
"""your `conv2d` uses the padding of the rows for the columns too; `padding` is a pair, and its second
number is for the columns
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_padding", "test_conv2d_stride_and_padding")


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    return solution.conv2d(x, weight, bias, stride, (padding[0], padding[0]))
