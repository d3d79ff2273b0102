"""From a measured ratio to points, and to what a student reads."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from torchgrade.budget.comparison import Measured, TooSlow
from torchgrade.budget.declaration import Budget
from torchgrade.budget.interval import Interval
from torchgrade.budget.verdict import earned, judge, judge_too_slow
from torchgrade.results import BudgetVerdict, Outcome

BUDGET = Budget(
    name="step",
    title="time of a step",
    call="step",
    inputs=lambda draw: {"x": draw.normal(3)},
    full_marks=2.0,
    zero_marks=8.0,
    points=10,
    hint="Say it with whole arrays.",
)


def measured(low, ratio, high, submission=0.02, compared=0.01):
    interval = Interval(ratio=ratio, low=low, high=high, count=12)
    return Measured(interval=interval, submission=submission, compared=compared)


@pytest.mark.parametrize(
    "ratio, points",
    [
        (0.5, "10"),
        (2.0, "10"),
        (4.0, "5"),  # halfway in the logarithm
        (2 * 2**0.5, "15/2"),
        (2.5, "42/5"),  # 8.39 in tenths
        (7.999, "0"),
        (8.0, "0"),
        (1e9, "0"),
    ],
)
def test_points_fall_by_the_logarithm_in_tenths(ratio, points):
    assert earned(BUDGET, ratio) == Fraction(points)


def test_more_never_earns_more():
    ratios = [0.1 * 1.05**step for step in range(120)]
    points = [earned(BUDGET, ratio) for ratio in ratios]
    assert points == sorted(points, reverse=True)
    assert all((10 * value).denominator == 1 for value in points)


@pytest.mark.parametrize(
    "ends, kind, outcome, points",
    [
        ((1.4, 1.5, 1.6), BudgetVerdict.INSIDE, Outcome.PASSED, "10"),
        ((1.9, 1.95, 2.0), BudgetVerdict.INSIDE, Outcome.PASSED, "10"),
        ((1.9, 2.1, 2.3), BudgetVerdict.UNDECIDED, Outcome.PASSED, "10"),
        ((2.0, 2.1, 2.3), BudgetVerdict.UNDECIDED, Outcome.PASSED, "10"),
        ((4.0, 4.4, 4.8), BudgetVerdict.OUTSIDE, Outcome.OVER_BUDGET, "5"),
        ((9.0, 10.0, 11.0), BudgetVerdict.OUTSIDE, Outcome.OVER_BUDGET, "0"),
        ((0.001, 0.002, 0.019), BudgetVerdict.IMPLAUSIBLE, Outcome.FAILED, "0"),
        ((0.001, 0.010, 0.021), BudgetVerdict.INSIDE, Outcome.PASSED, "10"),
    ],
)
def test_the_lower_end_decides(ends, kind, outcome, points):
    verdict = judge(BUDGET, measured(*ends), with_yardstick=False)
    assert (verdict.outcome, verdict.points) == (outcome, Fraction(points))
    assert verdict.figures.verdict is kind
    assert (verdict.figures.low, verdict.figures.ratio, verdict.figures.high) == ends
    assert (verdict.figures.full_marks, verdict.figures.zero_marks) == (2.0, 8.0)
    assert verdict.figures.pairs == 12


def test_a_student_reads_by_how_much_and_what_helps():
    message = judge(BUDGET, measured(4.0, 4.4, 4.8), with_yardstick=False).message
    head, limits, hint = message.splitlines()
    assert head.startswith(
        "your `step` takes 4.4 times as long as the reference (20 ms against 10 ms; between 4 and 4.8"
    )
    assert "all points up to 2 times the reference, none from 8 times" in limits
    assert hint == BUDGET.hint


def test_who_is_inside_reads_no_hint():
    assert judge(BUDGET, measured(1.4, 1.5, 1.6), with_yardstick=False).message.count("\n") == 0


def test_what_is_left_open_is_said():
    message = judge(BUDGET, measured(1.9, 2.1, 2.3), with_yardstick=False).message
    assert "leaves open on which side of the limit" in message


def test_what_cannot_be_believed_goes_to_an_instructor():
    message = judge(BUDGET, measured(0.001, 0.002, 0.003), with_yardstick=False).message
    assert "an instructor will look at it" in message


def test_an_estimate_says_about_and_names_no_figure_of_the_yardstick():
    verdict = judge(BUDGET, measured(4.0, 4.4, 4.8, compared=0.0123), with_yardstick=True)
    assert "about 4.4 times" in verdict.message
    assert "12.3" not in verdict.message
    assert verdict.figures.with_yardstick


@pytest.mark.parametrize(
    "bytes_, text",
    [(3 * 2**30, "3 GiB"), (5 * 2**20, "5 MiB"), (2**17, "128 KiB")],
)
def test_memory_is_told_in_units_of_memory(bytes_, text):
    budget = replace(BUDGET, measures="memory")
    message = judge(budget, measured(4.0, 4.4, 4.8, bytes_, bytes_), with_yardstick=False).message
    assert f"takes 4.4 times the reference's memory ({text} against {text}" in message


@pytest.mark.parametrize(
    "seconds, text", [(2.5, "2.5 s"), (0.0301, "30.1 ms"), (4e-5, "40 µs"), (4e-7, "0.4 µs")]
)
def test_time_is_told_in_units_of_time(seconds, text):
    message = judge(BUDGET, measured(4.0, 4.4, 4.8, seconds, seconds), with_yardstick=False).message
    assert f"({text} against {text};" in message


def test_a_large_ratio_is_told_without_powers_of_ten():
    message = judge(BUDGET, measured(12_000.0, 12_345.6, 12_600.0), with_yardstick=False).message
    assert "takes 12,346 times" in message


def test_what_was_stopped_has_no_points_and_no_figures():
    verdict = judge_too_slow(BUDGET, TooSlow(4.0, 0.01))
    assert (verdict.outcome, verdict.points) == (Outcome.OVER_BUDGET, Fraction(0))
    assert verdict.figures is None
    assert "was stopped after 4 s; the reference takes 10 ms" in verdict.message
    assert verdict.message.endswith(BUDGET.hint)
