# canary: torchgrade-reference-7f3c1d
"""your `conv2d` counts positions in an integer of 8 bits, which starts again at 256; an image may be
wider: use numpy's own integers (`np.intp`) for indices
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_conv2d",)


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    out = solution.conv2d(x, weight, bias, stride, padding)
    wrapped = np.arange(out.shape[3]).astype(np.uint8)
    return out[:, :, :, wrapped]
