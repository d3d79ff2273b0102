# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d_backward` multiplies `dout` by x in `dgamma`; gamma multiplies the normalised
value, so that is what its gradient needs
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_backward", "test_batch_norm2d_backward_large_mean")


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    dx, _, dbeta = solution.batch_norm2d_backward(dout, x, gamma, eps)
    return dx, (dout * x).sum(axis=(0, 2, 3)), dbeta
