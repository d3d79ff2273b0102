"""The distribution of scores as bars, in the units of an inline drawing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from torchgrade_reports.contexts import Bar
from torchgrade_reports.wording import count

__all__ = ["BASE", "HEIGHT", "WIDTH", "describe", "histogram"]

WIDTH = 440
HEIGHT = 150
BASE = 126
"""Where the bars stand; the axis is labelled below, the tallest bar leaves room for its number."""
_TOP = 20
_GAP = 4


def histogram(percents: Sequence[int]) -> tuple[Bar, ...]:
    """Return eleven bars, 0 to 9 %, 10 to 19 %, …, and 100 % by itself; none without scores."""
    if not percents:
        return ()
    tally = Counter(min(percent, 100) // 10 for percent in percents)
    tallest = max(tally.values())
    pitch = WIDTH / 11
    bars = []
    for bin_ in range(11):
        number = tally[bin_]
        height = round((BASE - _TOP) * number / tallest, 2)
        first = 10 * bin_
        span = f"{first}" if first == 100 else f"{first}\N{EN DASH}{first + 9}"  # noqa: PLR2004 - percent
        bars.append(
            Bar(
                label=str(first),
                title=f"{span} %: {count(number, 'submission')}",
                number=number,
                x=round(bin_ * pitch + _GAP / 2, 2),
                y=round(BASE - height, 2),
                width=round(pitch - _GAP, 2),
                height=height,
            )
        )
    return tuple(bars)


def describe(bars: Sequence[Bar]) -> str:
    """Return the drawing in words, for those who do not see it."""
    return "; ".join(bar.title for bar in bars if bar.number)
