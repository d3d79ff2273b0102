# canary: torchgrade-reference-7f3c1d
"""The affine layer's backward pass."""

from torchgrade.testing import points


@points(6)
def test_affine_backward_of_a_matrix(agree, cases):
    """affine_backward: gradients for a matrix x"""
    agree("affine_backward", cases.affine_matrix())


@points(4)
def test_affine_backward_of_more_axes(agree, cases):
    """affine_backward: x with three and four axes gets a gradient of its own shape"""
    agree("affine_backward", cases.affine_more_axes())
