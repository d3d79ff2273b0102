# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` takes the border off with `dx[:, :, p:-p, q:-q]`, which is empty where the
padding is 0, since -0 is 0: slice to `p + H` instead
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
    p, q = padding
    padded = solution.pad(x, padding)
    dpadded, dweight, dbias = solution.conv2d_backward(dout, padded, weight, bias, stride, (0, 0))
    return dpadded[:, :, p:-p, q:-q], dweight, dbias
