# canary: torchgrade-reference-7f3c1d
"""Convolution, forward."""

from torchgrade.testing import points


@points(4)
def test_conv2d(agree, cases):
    """conv2d: without stride and padding"""
    agree("conv2d", cases.conv2d())


@points(3)
def test_conv2d_padding(agree, cases):
    """conv2d: padding"""
    agree("conv2d", cases.conv2d_padding())


@points(3)
def test_conv2d_stride(agree, cases):
    """conv2d: strides"""
    agree("conv2d", cases.conv2d_stride())


@points(3)
def test_conv2d_stride_and_padding(agree, cases):
    """conv2d: strides and padding together"""
    agree("conv2d", cases.conv2d_stride_and_padding())
