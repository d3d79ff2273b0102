# canary: torchgrade-reference-7f3c1d
"""Max pooling."""

from torchgrade.testing import points


@points(3)
def test_max_pool2d(agree, cases):
    """max_pool2d: without padding"""
    agree("max_pool2d", cases.max_pool2d())


@points(3)
def test_max_pool2d_padding(agree, cases):
    """max_pool2d: padding"""
    agree("max_pool2d", cases.max_pool2d_padding())


@points(3)
def test_max_pool2d_backward(agree, cases):
    """max_pool2d_backward: windows that do not overlap"""
    agree("max_pool2d_backward", cases.max_pool2d_backward())


@points(3)
def test_max_pool2d_backward_overlapping(agree, cases):
    """max_pool2d_backward: windows that overlap, and padding"""
    agree("max_pool2d_backward", cases.max_pool2d_backward_overlapping())


@points(3)
def test_max_pool2d_backward_ties(agree, cases):
    """max_pool2d_backward: ties go to the first maximum"""
    agree("max_pool2d_backward", cases.max_pool2d_backward_ties())
