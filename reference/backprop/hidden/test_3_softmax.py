# canary: torchgrade-reference-7f3c1d
"""Softmax and cross-entropy, in ordinary range and far outside it."""

from torchgrade.testing import points


@points(6)
def test_softmax_cross_entropy(agree, cases):
    """softmax_cross_entropy: mean loss and its gradient"""
    agree("softmax_cross_entropy", cases.softmax())


@points(6)
def test_softmax_cross_entropy_of_large_logits(agree, cases):
    """softmax_cross_entropy: finite and accurate for logits of 10,000"""
    agree("softmax_cross_entropy", cases.softmax_of_large_logits())
