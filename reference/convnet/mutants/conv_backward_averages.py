# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` divides `dweight` and `dbias` by the batch size; the mean belongs to the
loss, and `dout` carries its 1/N already
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
    dx, dweight, dbias = solution.conv2d_backward(dout, x, weight, bias, stride, padding)
    return dx, dweight / len(x), dbias / len(x)
