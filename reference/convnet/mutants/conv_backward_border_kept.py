# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` returns `dx` with its border of padding; cut it off again: `dx` has the shape
of `x`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_backward_padding", "test_conv2d_backward_stride_and_padding")


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    return solution.conv2d_backward(dout, solution.pad(x, padding), weight, bias, stride, (0, 0))
