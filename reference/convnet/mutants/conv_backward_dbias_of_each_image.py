# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` sums `dbias` over rows and columns only; all images share the bias, so sum
over the batch too
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
    return dx, dweight, dout.sum(axis=(2, 3))
