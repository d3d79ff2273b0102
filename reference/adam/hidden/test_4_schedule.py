# canary: torchgrade-reference-7f3c1d
"""The learning-rate schedule."""

from torchgrade.testing import points


@points(4)
def test_schedule(agree, cases):
    """schedule: warm-up, cosine, and where they meet"""
    agree("schedule", cases.schedules())


@points(1)
def test_schedule_errors(agree, cases):
    """schedule: numbers of steps that make no sense raise ValueError"""
    agree("schedule", cases.bad_schedules())
