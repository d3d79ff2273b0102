# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d_backward` keeps positions of maxima in an integer of 8 bits, which starts again at
256; a window may have more entries: leave `argmax` its own type
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d_backward",)


def wrapped(entries):
    chosen = np.zeros(entries.shape)
    positions = entries.argmax(axis=-1).astype(np.uint8).astype(np.intp)
    np.put_along_axis(chosen, positions[..., None], 1.0, axis=-1)
    return chosen


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    return solution.pool_backward(dout, x, kernel, stride, padding, choose=wrapped)
