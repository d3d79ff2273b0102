# canary: torchgrade-reference-7f3c1d
"""your `conv2d` moves its window by one row and one column each time, whatever the stride"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_stride", "test_conv2d_stride_and_padding")


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    out = solution.conv2d(x, weight, bias, (1, 1), padding)
    rows, columns = solution.conv2d(x, weight, bias, stride, padding).shape[2:]
    return out[:, :, :rows, :columns]
