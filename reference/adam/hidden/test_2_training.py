# canary: torchgrade-reference-7f3c1d
"""What a training asks of an optimiser beside its formula."""

from torchgrade.testing import Tolerance, points

# One more rounding than the reference's: the spacing of bfloat16 is at most 2**-7 of a value.
ONE_SPACING = Tolerance(relative=2**-7, absolute=1e-6)


@points(5)
def test_missing_gradients(agree, cases):
    """adam: gradients that are None"""
    agree("adam", cases.missing_gradients())


@points(2)
def test_missing_gradients_with_weight_decay(agree, cases):
    """adam: gradients that are None beside weight decay"""
    agree("adam", cases.missing_gradients_with_decay())


@points(2)
def test_float32(agree, cases):
    """adam: parameters of float32, alone and beside float64"""
    agree("adam", cases.float32())


@points(4)
def test_bfloat16(agree, cases):
    """adam: parameters of bfloat16"""
    agree("adam", cases.bfloat16(), ONE_SPACING)


@points(1)
def test_bfloat16_moments(agree, cases):
    """adam: the moments of bfloat16 parameters are float32"""
    agree("adam", cases.bfloat16_moments())


@points(6)
def test_state(agree, cases):
    """adam: state() tells, and load() goes on"""
    agree("adam", cases.states())
    agree("adam", cases.restored())


@points(4)
def test_two_optimisers(agree, cases):
    """adam: two optimisers side by side, and a fresh one after another"""
    agree("adam", cases.side_by_side())


@points(2)
def test_learning_rates(agree, cases):
    """adam: set_lr between two steps"""
    agree("adam", cases.new_rates())


@points(2)
def test_adam_errors(agree, cases):
    """adam: settings and gradients that cannot be raise ValueError"""
    agree("adam", cases.bad_settings())
    agree("adam", cases.bad_gradients())
