# canary: torchgrade-reference-7f3c1d
"""The gradient of NT-Xent."""

from torchgrade.testing import Tolerance, points

# Logits of 1,000 have rounding errors of 1e-13, and probabilities then too.
COLD = Tolerance(relative=1e-9, absolute=1e-10)
COLD_SINGLE = Tolerance(relative=1e-3, absolute=1e-3)


@points(9)
def test_gradient(agree, cases):
    """nt_xent_backward: several images, temperatures from 0.2 to 2.5"""
    agree("nt_xent_backward", cases.gradients())


@points(2)
def test_gradient_in_float32(agree, cases):
    """nt_xent_backward: float32"""
    agree("nt_xent_backward", cases.single_losses())


@points(3)
def test_gradient_at_low_temperatures(agree, cases):
    """nt_xent_backward: temperatures down to 0.001"""
    agree("nt_xent_backward", cases.cold_gradients(), COLD)
    agree("nt_xent_backward", cases.cold_single_gradients(), COLD_SINGLE)


@points(2)
def test_gradient_of_zero_rows(agree, cases):
    """nt_xent_backward: one image, and zero rows"""
    agree("nt_xent_backward", cases.odd_gradients())
