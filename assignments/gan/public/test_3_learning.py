"""Two small trainings on what is made up on the spot."""


def test_five_gaussians(learns, cases):
    """gan: learns a ring of five Gaussians (the hidden test has eight)"""
    what = "the share of samples near a mode (0 where fewer than 4 of the 5 modes are found)"
    learns("gan", cases.five(), what=what, at_least=0.6)


def test_bars(learns, cases):
    """digits_gan: learns bars (the hidden test has digits)"""
    learns("digits_gan", cases.lessons(), what="the Fréchet distance to bars not seen", at_most=0.25)
