# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d_backward` gives the whole gradient to every entry that equals the maximum; at a tie
only the first one gets it, row by row (`argmax` finds the first)
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d_backward_ties",)


def every_maximum(entries):
    return (entries == entries.max(axis=-1, keepdims=True)).astype(np.float64)


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    return solution.pool_backward(dout, x, kernel, stride, padding, choose=every_maximum)
