# canary: torchgrade-reference-7f3c1d
"""your `conv2d` computes strides or offsets from the shape of `x`, but a view need not be contiguous
in memory: use `x.strides`, or start with `np.ascontiguousarray(x)`
"""

import solution
from numpy.lib.stride_tricks import as_strided

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d", "test_conv2d_stride")


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    padded = x if padding == (0, 0) else solution.pad(x, padding)
    _, channels, rows, columns = padded.shape
    assumed = [8 * channels * rows * columns, 8 * rows * columns, 8 * columns, 8]
    read = as_strided(padded, padded.shape, assumed)
    return solution.conv2d(read.copy(), weight, bias, stride, (0, 0))
