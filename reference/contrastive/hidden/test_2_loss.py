# canary: torchgrade-reference-7f3c1d
"""NT-Xent."""

from torchgrade.testing import Tolerance, points

# A logit of 1,000 has a rounding error of 1e-13, and the loss may be much smaller than that logit.
COLD = Tolerance(relative=1e-9, absolute=1e-11)
COLD_SINGLE = Tolerance(relative=1e-4, absolute=1e-4)
ALIKE = Tolerance(relative=1e-9, absolute=1e-12)


@points(8)
def test_loss(agree, cases):
    """nt_xent: several images, temperatures from 0.2 to 2.5"""
    agree("nt_xent", cases.losses())


@points(2)
def test_loss_in_float32(agree, cases):
    """nt_xent: float32"""
    agree("nt_xent", cases.single_losses())


@points(3)
def test_loss_of_equal_rows(agree, cases):
    """nt_xent: one image, and rows that are all equal"""
    agree("nt_xent", cases.alike_losses(), ALIKE)


@points(4)
def test_loss_at_extreme_temperatures(agree, cases):
    """nt_xent: temperatures from 0.001 to 100"""
    agree("nt_xent", cases.cold_losses(), COLD)
    agree("nt_xent", cases.cold_single_losses(), COLD_SINGLE)


@points(2)
def test_loss_of_zero_rows(agree, cases):
    """nt_xent: zero rows"""
    agree("nt_xent", cases.zero_losses())
