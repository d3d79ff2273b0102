"""The logarithmic axis on which the pictures of budgets lie."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from torchgrade.results import BudgetFigures
from torchgrade_reports.budget_views import AxisView, ZoneView
from torchgrade_reports.wording import times

__all__ = ["Axis", "anchor_at"]

# What lies at an end of the axis is still whole on the picture.
_MARGIN = 3.0
# The axis goes on for this factor beyond the outermost of the limits and the reference.
_BEYOND = 2.0
# Narrower, in percent, and a text has no room on a telephone.
_ROOM_FOR_LIMITS = 18.0
_ROOM_BEFORE_A_LIMIT = 24.0
_ROOM_BETWEEN_LIMITS = 24.0
_ROOM_BEHIND_A_LIMIT = 18.0
_NEAR_LEFT, _NEAR_RIGHT = 30.0, 70.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Where ratios lie, in percent of the width.

    It depends on the limits alone, so that all pictures of one budget can be compared.

    Attributes:
        full_marks, zero_marks: the limits, as ratios.
    """

    full_marks: float
    zero_marks: float

    def place(self, ratio: float) -> float:
        """Return where a ratio lies; beyond the axis, the end that is nearest."""
        first, last = self._ends()
        share = (math.log(max(ratio, math.ulp(0.0))) - first) / (last - first)
        return round(_MARGIN + (100 - 2 * _MARGIN) * min(max(share, 0.0), 1.0), 2)

    def beyond(self, ratio: float) -> str:
        """Return "left" or "right" if a ratio lies beyond that end, else nothing."""
        first, last = self._ends()
        if ratio < math.exp(first):
            return "left"
        return "right" if ratio > math.exp(last) else ""

    def view(self, reference_label: str) -> AxisView:
        """Return what templates use."""
        reference, full, zero = (self.place(ratio) for ratio in (1.0, self.full_marks, self.zero_marks))
        fall = round(zero - full, 2)
        apart = fall >= _ROOM_FOR_LIMITS
        return AxisView(
            reference=reference,
            reference_label=reference_label,
            reference_anchor=anchor_at(reference),
            full=full,
            full_label=times(self.full_marks),
            full_anchor="middle" if apart else "end",
            fall=fall,
            zero=zero,
            zero_label=times(self.zero_marks),
            zero_anchor="middle" if apart else "start",
            zones=tuple(_zones(reference, full, zero)),
        )

    @staticmethod
    def of(figures: BudgetFigures) -> Axis:
        """Return the axis of a budget."""
        return Axis(full_marks=figures.full_marks, zero_marks=figures.zero_marks)

    def _ends(self) -> tuple[float, float]:
        """Return the logarithms of the first and the last ratio."""
        first = min(1.0, self.full_marks) / _BEYOND
        last = max(1.0, self.zero_marks) * _BEYOND
        return math.log(first), math.log(last)


def _zones(reference: float, full: float, zero: float) -> Iterator[ZoneView]:
    # The line of the reference goes down through this row: the first name stands behind or before it.
    first = min(reference, full)
    if full - first >= _ROOM_BEFORE_A_LIMIT:
        yield ZoneView(label="all points", place=round(first + 1, 2), anchor="start")
    elif first >= _ROOM_BEFORE_A_LIMIT:
        yield ZoneView(label="all points", place=0.0, anchor="start")
    if zero - full >= _ROOM_BETWEEN_LIMITS:
        yield ZoneView(label="some", place=round((full + zero) / 2, 2), anchor="middle")
    if 100 - zero >= _ROOM_BEHIND_A_LIMIT:
        yield ZoneView(label="none", place=100.0, anchor="end")


def anchor_at(place: float) -> str:
    """Return which part of a text stands at a place, so that the text stays on the picture."""
    if place < _NEAR_LEFT:
        return "start"
    return "end" if place > _NEAR_RIGHT else "middle"
