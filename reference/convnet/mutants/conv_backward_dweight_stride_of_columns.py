# canary: torchgrade-reference-7f3c1d
"""your `conv2d_backward` forgets the stride of the columns in `dweight`: the window that belongs to
`dout[n, f, i, j]` starts at row `i * stride[0]`, column `j * stride[1]`, as in the forward pass
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d_backward_stride", "test_conv2d_backward_stride_and_padding")


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    dx, _, dbias = solution.conv2d_backward(dout, x, weight, bias, stride, padding)
    seen = solution.windows(solution.pad(x, padding), weight.shape[2:], (stride[0], 1))
    seen = seen[:, :, : dout.shape[2], : dout.shape[3]]
    return dx, np.tensordot(dout, seen, axes=((0, 2, 3), (0, 2, 3))), dbias
