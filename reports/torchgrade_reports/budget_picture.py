"""From the figures of budgets to pictures: one submission's, and the class's."""

from __future__ import annotations

import enum
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torchgrade.results import BudgetFigures, BudgetVerdict, Outcome, Result, TestOutcome
from torchgrade_reports.budget_axis import Axis, anchor_at
from torchgrade_reports.budget_views import BudgetPicture, DotView, StripView
from torchgrade_reports.text import clean
from torchgrade_reports.wording import count, quantity, times

__all__ = ["DOT_BASE", "DOT_TOP", "picture", "strips"]

DOT_TOP, DOT_BASE = 6.0, 82.0
"""Heights between which the dots of a class are stacked, in pixels."""
_DOT_PITCH = 7.0
# Dots of the same column are stacked; at a telephone's width a column is a dot wide.
_COLUMN_PERCENT = 2.0
_ZONES = {
    BudgetVerdict.INSIDE: "inside the limit for all points",
    BudgetVerdict.OUTSIDE: "over the limit for all points",
    BudgetVerdict.UNDECIDED: "on either side of the limit for all points, as far as could be measured",
    BudgetVerdict.IMPLAUSIBLE: "less than can be believed",
}


def picture(figures: BudgetFigures) -> BudgetPicture:
    """Return the picture of one submission's ratio."""
    axis = Axis.of(figures)
    place = axis.place(figures.ratio)
    about = "about " if figures.with_yardstick else ""
    mine = quantity(figures.measures, figures.submission)
    # What a yardstick takes is not what the reference takes.
    compared = "" if figures.with_yardstick else f" ({quantity(figures.measures, figures.compared)})"
    return BudgetPicture(
        axis=axis.view(f"reference: {times(1.0)}{compared}"),
        title=f"{about}{times(figures.ratio)} the reference's {clean(figures.measures)}",
        description=_describe(figures),
        place=place,
        beyond=axis.beyond(figures.ratio),
        label=f"yours: {about}{times(figures.ratio)} ({mine})",
        anchor=anchor_at(place),
        low=axis.place(figures.low),
        high=axis.place(figures.high),
        low_end=_end(axis, figures.low, figures.ratio),
        high_end=_end(axis, figures.high, figures.ratio),
        estimate=figures.with_yardstick,
    )


def _end(axis: Axis, end: float, ratio: float) -> str:
    """Return how an end of the interval is drawn."""
    beyond = axis.beyond(end)
    if beyond and beyond == axis.beyond(ratio):
        return ""
    return "arrow" if beyond else "cap"


def _describe(figures: BudgetFigures) -> str:
    estimate = (
        "; an estimate, made with a yardstick in the reference's place" if figures.with_yardstick else ""
    )
    return (
        f"A logarithmic axis. The ratio, {times(figures.ratio)}, is {_ZONES[figures.verdict]};"
        f" its 95 % interval goes from {times(figures.low)} to {times(figures.high)}{estimate}."
        f" {_limits(figures)}"
    )


def _limits(figures: BudgetFigures) -> str:
    return (
        f"All points are given up to {times(figures.full_marks)},"
        f" none from {times(figures.zero_marks)}, and fewer and fewer in between."
    )


class _CameTo(enum.StrEnum):
    """What became of a submission on one budget, most wanted first."""

    ALL = "with all points"
    SOME = "with some points"
    NONE = "without points"
    IMPLAUSIBLE = "not to be believed"
    STOPPED = "stopped as too slow"
    WRONG = "without a right answer"
    NOT_RUN = "not run"
    REGRADE = "to be regraded"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A submission's outcome on one budget, and whose it is."""

    name: str
    test: TestOutcome


def strips(results: Sequence[Result], name_of: Callable[[Result], str]) -> Iterator[StripView]:
    """Yield how the class lies within each budget, in the assignment's order."""
    entries: dict[str, list[_Entry]] = {}
    for result in results:
        for test in result.tests:
            if test.is_budget:
                entries.setdefault(test.id, []).append(_Entry(name=name_of(result), test=test))
    for of_one in sorted(entries.values(), key=lambda found: found[0].test.number):
        yield _strip(of_one)


def _strip(entries: Sequence[_Entry]) -> StripView:
    test = entries[0].test
    measured = [(entry.name, entry.test.budget) for entry in entries if entry.test.budget is not None]
    counts = tuple(_counts([entry.test for entry in entries]))
    # After a change of the limits a batch may hold old results, whose points follow the old ones.
    first = measured[0][1] if measured else None
    axis = None if first is None else Axis.of(first)
    return StripView(
        number=test.number,
        name=clean(test.id),
        title=clean(test.title),
        axis=None if axis is None else axis.view(f"reference: {times(1.0)}"),
        dots=() if axis is None else tuple(_dots(axis, measured)),
        description="" if first is None else f"{'; '.join(counts)}. {_limits(first)}",
        counts=counts,
    )


def _dots(axis: Axis, measured: Sequence[tuple[str, BudgetFigures]]) -> Iterator[DotView]:
    """Yield a dot for each submission; those in one column are stacked, the lowest ratio at the bottom."""
    ordered = sorted(measured, key=lambda entry: (entry[1].ratio, entry[0]))
    columns = [round(axis.place(figures.ratio) / _COLUMN_PERCENT) for _, figures in ordered]
    tallest = Counter(columns).most_common(1)[0][1]
    pitch = min(_DOT_PITCH, (DOT_BASE - DOT_TOP) / tallest)
    stacked: Counter[int] = Counter()
    for (name, figures), column in zip(ordered, columns, strict=True):
        yield DotView(
            title=f"{name}: {times(figures.ratio)} ({quantity(figures.measures, figures.submission)})",
            place=axis.place(figures.ratio),
            beyond=axis.beyond(figures.ratio),
            height=round(DOT_BASE - pitch * (stacked[column] + 0.5), 2),
        )
        stacked[column] += 1


def _counts(tests: Sequence[TestOutcome]) -> Iterator[str]:
    """Yield how many submissions came to what; nothing of what nobody came to."""
    tally = Counter(_came_to(test) for test in tests)
    for kind in _CameTo:
        if tally[kind]:
            yield f"{tally[kind]} {kind}"
    figures = [test.budget for test in tests if test.budget is not None]
    if not figures:
        return
    yield f"median {times(statistics.median(one.ratio for one in figures))}"
    against = [one.compared for one in figures if not one.with_yardstick]
    if against:
        yield f"the reference: {quantity(figures[0].measures, statistics.median(against))}"
    estimates = len(figures) - len(against)
    if estimates:
        yield count(estimates, "estimate")


def _came_to(test: TestOutcome) -> _CameTo:
    if test.budget is not None and test.budget.verdict is BudgetVerdict.IMPLAUSIBLE:
        return _CameTo.IMPLAUSIBLE
    if test.outcome is Outcome.OVER_BUDGET:
        if test.budget is None:
            return _CameTo.STOPPED
        return _CameTo.SOME if test.points else _CameTo.NONE
    return {
        Outcome.PASSED: _CameTo.ALL,
        Outcome.NOT_RUN: _CameTo.NOT_RUN,
        Outcome.INTERNAL_ERROR: _CameTo.REGRADE,
        Outcome.NOT_MEASURED: _CameTo.NOT_MEASURED,
    }.get(test.outcome, _CameTo.WRONG)
