# canary: torchgrade-reference-7f3c1d
"""your max pooling pads with 0, which beats negative numbers; the border of a maximum is minus
infinity: `constant_values=-np.inf`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_max_pool2d_padding", "test_max_pool2d_backward_overlapping")


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    return solution.max_pool2d(solution.pad(x, padding), kernel, stride, (0, 0))


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    dpadded = solution.max_pool2d_backward(dout, solution.pad(x, padding), kernel, stride, (0, 0))
    return solution.unpad(dpadded, padding)
