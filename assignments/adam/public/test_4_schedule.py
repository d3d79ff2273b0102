"""The learning-rate schedule."""

import math

from torchgrade.testing import check, close


def test_schedule_worked_example(student):
    """schedule: the worked example of the handout"""
    for step, rate in ((1, 0.25), (4, 1.0), (7, 0.55), (10, 0.1), (11, 0.1)):
        close(student.schedule(step, 1.0, 0.1, 4, 10), rate, f"the rate of step {step}")


def test_schedule_without_warm_up_or_cosine(student):
    """schedule: no warm-up at all, and nothing but warm-up"""
    close(student.schedule(1, 2.0, 0.0, 0, 2), 1.0, "the rate of step 1 of 2 without warm-up")
    close(student.schedule(3, 2.0, 0.0, 3, 3), 2.0, "the rate of step 3 of 3 steps of warm-up")
    close(student.schedule(4, 2.0, 0.5, 3, 3), 0.5, "the rate after 3 steps of warm-up and no others")


def test_schedule_goes_up_then_down(student, draw):
    """schedule: rises to base_lr, falls to min_lr, and never leaves these"""
    base, low = float(draw.uniform(0.5, 1.0)), float(draw.uniform(0.01, 0.1))
    rates = [student.schedule(step, base, low, 6, 30) for step in range(1, 31)]
    check(all(isinstance(rate, float) and math.isfinite(rate) for rate in rates), "a rate is a float")
    check(rates[:6] == sorted(rates[:6]), "the rate rises during the warm-up")
    check(rates[5:] == sorted(rates[5:], reverse=True), "the rate falls after the warm-up")
    close([rates[5], rates[-1]], [base, low], "the largest rate and the last")
