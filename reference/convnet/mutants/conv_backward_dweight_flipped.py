# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` returns `dweight` flipped; the kernel is not flipped in the forward pass, so
neither is its gradient
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
    return dx, dweight[:, :, ::-1, ::-1], dbias
