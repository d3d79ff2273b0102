# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d_backward` gives the gradient to the last of the entries that tie; it belongs to the
first, row by row: compare with `>`, not `>=`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d_backward_ties",)


def last_maximum(entries):
    return solution.first_maximum(entries[..., ::-1])[..., ::-1]


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    return solution.pool_backward(dout, x, kernel, stride, padding, choose=last_maximum)
