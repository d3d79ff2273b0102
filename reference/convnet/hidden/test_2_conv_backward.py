# canary: torchgrade-reference-7f3c1d
"""Convolution, backward."""

from torchgrade.testing import points


@points(5)
def test_conv2d_backward(agree, cases):
    """conv2d_backward: without stride and padding"""
    agree("conv2d_backward", cases.conv2d_backward())


@points(4)
def test_conv2d_backward_padding(agree, cases):
    """conv2d_backward: padding"""
    agree("conv2d_backward", cases.conv2d_backward_padding())


@points(5)
def test_conv2d_backward_stride(agree, cases):
    """conv2d_backward: strides"""
    agree("conv2d_backward", cases.conv2d_backward_stride())


@points(3)
def test_conv2d_backward_stride_and_padding(agree, cases):
    """conv2d_backward: strides and padding together"""
    agree("conv2d_backward", cases.conv2d_backward_stride_and_padding())
