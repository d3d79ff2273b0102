"""From a measured ratio to points and words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from torchgrade.budget.comparison import Measured, TooSlow
from torchgrade.budget.declaration import Budget
from torchgrade.budget.interval import Interval
from torchgrade.results import BudgetFigures, BudgetVerdict, Outcome

__all__ = ["Verdict", "earned", "judge", "judge_too_slow"]

_TENTHS = 10
_THOUSAND = 1_000  # no powers of ten for a reader
_ROUNDED_UP = 0.9995
_UNITS = {
    "time": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "memory": ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")),
}
_HEADS = {
    "time": "takes {} times as long as the reference",
    "memory": "takes {} times the reference's memory",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a budget came to."""

    outcome: Outcome
    points: Fraction
    message: str
    instructor_message: str = ""
    figures: BudgetFigures | None = None


def earned(budget: Budget, ratio: float) -> Fraction:
    """Return the points for a ratio: all, none, or in between by its logarithm, in tenths."""
    if ratio <= budget.full_marks:
        return Fraction(budget.points)
    if ratio >= budget.zero_marks:
        return Fraction(0)
    lost = math.log(ratio / budget.full_marks) / math.log(budget.zero_marks / budget.full_marks)
    return Fraction(round(budget.points * (1 - lost) * _TENTHS), _TENTHS)


def judge(budget: Budget, measured: Measured, *, with_yardstick: bool) -> Verdict:
    """Return what a measurement is worth.

    The lower end of the interval counts: whatever the measurement leaves open is to the student's benefit.
    """
    interval = measured.interval
    kind = _verdict(budget, interval)
    figures = BudgetFigures(
        measures=budget.measures,
        verdict=kind,
        ratio=interval.ratio,
        low=interval.low,
        high=interval.high,
        full_marks=budget.full_marks,
        zero_marks=budget.zero_marks,
        pairs=interval.count,
        submission=measured.submission,
        compared=measured.compared,
        with_yardstick=with_yardstick,
    )
    if kind is BudgetVerdict.IMPLAUSIBLE:
        message = (
            f"{_describe(budget, figures)}\nthat is less than can be believed: an instructor will look at it"
        )
        return Verdict(outcome=Outcome.FAILED, points=Fraction(0), message=message, figures=figures)
    points = earned(budget, interval.low)
    if points == budget.points:
        note = ""
        if kind is BudgetVerdict.UNDECIDED:
            note = "\nthe measurement leaves open on which side of the limit that is: it counts as inside"
        message = _describe(budget, figures) + note
        return Verdict(outcome=Outcome.PASSED, points=points, message=message, figures=figures)
    hint = f"\n{budget.hint}" if budget.hint else ""
    message = f"{_describe(budget, figures)}\n{_limits(budget)}{hint}"
    return Verdict(outcome=Outcome.OVER_BUDGET, points=points, message=message, figures=figures)


def judge_too_slow(budget: Budget, stopped: TooSlow) -> Verdict:
    """Return the verdict on a call that was stopped twice."""
    hint = f"\n{budget.hint}" if budget.hint else ""
    message = (
        f"your `{budget.call}` was stopped after {_figure('time', stopped.seconds)};"
        f" the reference takes {_figure('time', stopped.compared)}\n{_limits(budget)}{hint}"
    )
    return Verdict(outcome=Outcome.OVER_BUDGET, points=Fraction(0), message=message)


def _verdict(budget: Budget, interval: Interval) -> BudgetVerdict:
    if interval.high < budget.least:
        return BudgetVerdict.IMPLAUSIBLE
    if interval.high <= budget.full_marks:
        return BudgetVerdict.INSIDE
    return BudgetVerdict.OUTSIDE if interval.low > budget.full_marks else BudgetVerdict.UNDECIDED


def _describe(budget: Budget, figures: BudgetFigures) -> str:
    about = "about " if figures.with_yardstick else ""
    head = _HEADS[figures.measures].format(f"{about}{_ratio(figures.ratio)}")
    mine = _figure(figures.measures, figures.submission)
    between = f"between {_ratio(figures.low)} and {_ratio(figures.high)} in {figures.pairs} pairs of runs"
    if figures.with_yardstick:
        limit = f"full marks up to {budget.full_marks:g}"
        return f"your `{budget.call}` {head} (yours: {mine}; {between}); {limit}"
    against = _figure(figures.measures, figures.compared)
    return f"your `{budget.call}` {head} ({mine} against {against}; {between})"


def _limits(budget: Budget) -> str:
    return (
        f"all points up to {budget.full_marks:g} times the reference, none from {budget.zero_marks:g} times,"
        " and in between the fewer the more"
    )


def _ratio(value: float) -> str:
    return f"{value:.3g}" if value < _THOUSAND else f"{value:,.0f}"


def _figure(measures: str, value: float) -> str:
    for unit, name in _UNITS[measures]:
        if value >= unit * _ROUNDED_UP:  # 999.7 ms are 1 s
            return f"{_three_digits(value / unit)} {name}"
    unit, name = _UNITS[measures][-1]
    return f"{_three_digits(value / unit)} {name}"


def _three_digits(value: float) -> str:
    return f"{value:.3g}" if value < _THOUSAND * _ROUNDED_UP else f"{value:.0f}"
