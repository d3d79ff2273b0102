# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` spreads `dx` as if the stride were 1: what comes from `dout[n, f, i, j]` goes
to the rows from `i * stride[0]` and the columns from `j * stride[1]` on
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_backward_stride", "test_conv2d_backward_stride_and_padding")


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    _, dweight, dbias = solution.conv2d_backward(dout, x, weight, bias, stride, padding)
    shape = solution.pad(x, padding).shape
    dpadded = solution.gradient_of_padded(dout, weight, shape, (1, 1))
    return solution.unpad(dpadded, padding), dweight, dbias
