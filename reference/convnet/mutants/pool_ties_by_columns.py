# canary: torchgrade-reference-7f3c1d
"""your `max_pool2d_backward` looks for the first maximum column by column; at a tie the first one
counts row by row
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d_backward_ties",)


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    def first_by_columns(entries):
        turned = entries.reshape(*entries.shape[:4], *kernel).swapaxes(4, 5)
        chosen = solution.first_maximum(turned.reshape(entries.shape))
        return chosen.reshape(turned.shape).swapaxes(4, 5).reshape(entries.shape)

    return solution.pool_backward(dout, x, kernel, stride, padding, choose=first_by_columns)
