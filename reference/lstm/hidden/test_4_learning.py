# canary: torchgrade-reference-7f3c1d
"""A model that is trained with gradients of its own."""

from torchgrade.testing import points

ALLOWED = 0.02


@points(8)
def test_model_weighs_numbers(learns, cases):
    """sequence_model: learns to weigh two of 10 numbers"""
    learns("sequence_model", cases.weighing(), what="the held-out mean squared error", at_most=ALLOWED)


@points(12)
def test_model_adds_numbers(learns, cases):
    """sequence_model: learns to add two of 30 numbers"""
    learns("sequence_model", cases.adding(), what="the held-out mean squared error", at_most=ALLOWED)
