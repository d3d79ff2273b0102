"""What the templates may use of budgets: places on a picture, in percent of its width, and words.

The pictures keep their height and the size of their letters at any width, so places across are
percentages. The rules of ``contexts`` hold here too.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AxisView", "BudgetPicture", "DotView", "StripView", "ZoneView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneView:
    """The name of a part of the axis.

    Attributes:
        label: how much of the points there is in it.
        place: where the name stands.
        anchor: which part of it stands there.
    """

    label: str
    place: float
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisView:
    """The ratios that a budget tells apart, on a logarithmic axis.

    Attributes:
        reference: place of the reference.
        reference_label: what stands at it.
        reference_anchor: which part of that text stands there: "start", "middle" or "end".
        full: place up to which all points are given; also the width of that zone.
        full_label: the limit.
        full_anchor: as for the reference.
        fall: width of the zone in which points fall.
        zero: place from which there are none.
        zero_label: the limit.
        zero_anchor: as for the reference.
        zones: names of the three zones, where there is room.
    """

    reference: float
    reference_label: str
    reference_anchor: str
    full: float
    full_label: str
    full_anchor: str
    fall: float
    zero: float
    zero_label: str
    zero_anchor: str
    zones: tuple[ZoneView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPicture:
    """One submission's ratio on the axis.

    Attributes:
        axis: what it lies on.
        title: the picture in a few words.
        description: all that it shows, for those who do not see it.
        place: where the ratio lies, or the end of the axis that is nearest to it.
        beyond: the end beyond which it lies: "left", "right" or empty.
        label: the ratio.
        anchor: which part of the label stands at the place.
        low: where the interval begins.
        high: where it ends.
        low_end: how its beginning is drawn: "cap"; "arrow" if it lies beyond the axis; empty if what
            marks the ratio says so already.
        high_end: the same of its end.
        estimate: whether a yardstick stood for the reference.
    """

    axis: AxisView
    title: str
    description: str
    place: float
    beyond: str
    label: str
    anchor: str
    low: float
    high: float
    low_end: str
    high_end: str
    estimate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DotView:
    """One submission among the class.

    Attributes:
        title: whose it is, and the ratio.
        place: as in its own picture.
        beyond: as in its own picture.
        height: of its centre, in pixels from the upper edge.
    """

    title: str
    place: float
    beyond: str
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StripView:
    """How the class lies within one budget.

    Attributes:
        number: position among the tests.
        name: id of the budget.
        title: what is measured.
        axis: with the limits; None if nobody has a figure.
        dots: those who have a figure.
        description: the picture in words.
        counts: how many came to what, most wanted first.
    """

    number: int
    name: str
    title: str
    axis: AxisView | None
    dots: tuple[DotView, ...]
    description: str
    counts: tuple[str, ...]
