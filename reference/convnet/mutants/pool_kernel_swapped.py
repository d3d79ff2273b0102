# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d` takes height and width of its window for each other: in `kernel`, as in `stride`
and `padding`, the first number belongs to the rows
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d", "test_max_pool2d_padding")


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    return solution.max_pool2d(x, kernel[::-1], stride, padding)
