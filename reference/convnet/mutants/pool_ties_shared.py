# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d_backward` shares the gradient among entries that tie; here the first of them gets
all of it, row by row (`argmax` finds the first)
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d_backward_ties",)


def shared(entries):
    equal = entries == entries.max(axis=-1, keepdims=True)
    return equal / equal.sum(axis=-1, keepdims=True)


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    return solution.pool_backward(dout, x, kernel, stride, padding, choose=shared)
