# canary: torchgrade-reference-7f3c1d
"""The rectifier's backward pass."""

from torchgrade.testing import points


@points(4)
def test_relu_backward(agree, cases):
    """relu_backward: the gradient passes where the input was positive"""
    agree("relu_backward", cases.relu())


@points(2)
def test_relu_backward_at_zero(agree, cases):
    """relu_backward: nothing passes where the input was exactly 0 or -0.0"""
    agree("relu_backward", cases.relu_at_zero())
