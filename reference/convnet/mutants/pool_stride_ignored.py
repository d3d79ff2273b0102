# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d` moves its window by the size of the kernel; by how much it moves is said by
`stride`, and windows may overlap or leave gaps
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d", "test_max_pool2d_padding")


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    return solution.max_pool2d(x, kernel, kernel, padding)
