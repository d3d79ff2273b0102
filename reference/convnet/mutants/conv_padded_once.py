# canary: torchgrade-reference-7f3c1d
"""your `conv2d` counts the padding once in the size of its output; it is on both sides, so OH = (H + 2
* padding - KH) // stride + 1
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_padding", "test_conv2d_stride_and_padding")


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    out = solution.conv2d(x, weight, bias, stride, padding)
    rows, columns = (
        max((size + p - k) // s + 1, 0)
        for size, p, k, s in zip(x.shape[2:], padding, weight.shape[2:], stride, strict=True)
    )
    return out[:, :, :rows, :columns]
