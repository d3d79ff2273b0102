# canary: torchgrade-reference-7f3c1d
"""Two trainings: step by step from here, and one that is the student's own."""

from torchgrade.testing import points

SHARE, DISTANCE = 0.75, 0.08


@points(8)
def test_ring(learns, cases):
    """gan: learns a ring of eight Gaussians"""
    what = "the share of samples near a mode (0 where fewer than 7 of the 8 modes are found)"
    learns("gan", cases.rings(), what=what, at_least=SHARE)


@points(12)
def test_digits(learns, cases):
    """digits_gan: makes new handwritten digits"""
    what = "the Fréchet distance to digits that it has not seen"
    learns("digits_gan", cases.digits_lessons(), what=what, at_most=DISTANCE)
