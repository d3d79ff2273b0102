# canary: torchgrade-reference-7f3c1d
"""your `relu_backward` writes its zeros into the caller's `dout`; assigning to `dout[mask]`
changes the argument itself, so work on a copy or multiply by the mask
"""

from torchgrade import hookimpl

KILLED_BY = ("test_relu_backward", "test_relu_backward_at_zero")


@hookimpl
def relu_backward(dout, x):
    dout[x <= 0.0] = 0.0
    return dout
