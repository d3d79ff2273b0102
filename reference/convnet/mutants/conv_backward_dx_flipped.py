# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` has the kernel the wrong way round in `dx`: entry [u, v] of the kernel takes
`dout[i, j]` back to where it met x, row i + u and column j + v (written as a convolution of `dout`,
that is one with the kernel flipped)
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
    _, dweight, dbias = solution.conv2d_backward(dout, x, weight, bias, stride, padding)
    dx, _, _ = solution.conv2d_backward(dout, x, weight[:, :, ::-1, ::-1], bias, stride, padding)
    return dx, dweight, dbias
