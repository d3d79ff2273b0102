# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d` rounds the size of its output up where rows or columns are left over; windows that
do not fit whole are left out, so divide with `//`
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d", "test_max_pool2d_padding")


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    spare = [
        (k - size - 2 * p) % s for size, p, k, s in zip(x.shape[2:], padding, kernel, stride, strict=True)
    ]
    border = ((0, 0), (0, 0), (0, spare[0]), (0, spare[1]))
    padded = np.pad(solution.pad(x, padding, -np.inf), border, constant_values=-np.inf)
    return solution.max_pool2d(padded, kernel, stride, (0, 0))
