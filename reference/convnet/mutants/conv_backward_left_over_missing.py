# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` returns a `dx` that ends with the last window; rows and columns of x that no
window covers belong to it too, with gradient 0
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_backward_stride",)


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    dx, dweight, dbias = solution.conv2d_backward(dout, x, weight, bias, stride, padding)
    rows, columns = (
        (outputs - 1) * s + k - 2 * p
        for outputs, s, k, p in zip(dout.shape[2:], stride, weight.shape[2:], padding, strict=True)
    )
    return dx[:, :, :rows, :columns], dweight, dbias
