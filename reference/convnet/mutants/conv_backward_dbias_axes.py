# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` sums `dbias` over the wrong axes; there is one bias a filter, added at every
image, row and column: sum over the axes 0, 2 and 3
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_conv2d_backward",
    "test_conv2d_backward_padding",
    "test_conv2d_backward_stride",
    "test_conv2d_backward_stride_and_padding",
)


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    dx, dweight, _ = solution.conv2d_backward(dout, x, weight, bias, stride, padding)
    return dx, dweight, dout.sum(axis=(0, 1, 2))
