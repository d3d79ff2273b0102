# canary: torchgrade-reference-7f3c1d
"""The gradients of attention."""

from torchgrade.testing import points


@points(4)
def test_backward(agree, cases):
    """attention_backward: without a mask"""
    agree("attention_backward", cases.backward())


@points(3)
def test_backward_with_masks(agree, cases):
    """attention_backward: masks, causal, queries that may attend to no key"""
    agree("attention_backward", cases.backward_with_masks())
