"""From the figures of exhibits to drawings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from torchgrade.exhibits import Exhibit, ImageGrid, Plot
from torchgrade_reports.exhibit_views import (
    ExhibitView,
    GridView,
    ImageView,
    PlotView,
    RowOfImages,
    SeriesView,
    ShadeView,
    TickView,
)
from torchgrade_reports.text import clean
from torchgrade_reports.wording import count

__all__ = ["exhibit_view"]

_LEFT, _TOP, _GAP = 56.0, 28.0, 12.0
_WIDTH, _HEIGHT = 560.0, 230.0
_SQUARE = 300.0
_BELOW = 44.0
_TICKS = 5
_STYLES = 6
_LETTER = 7.5
_SHADES = 15
_STEPS = (1.0, 2.0, 5.0, 10.0)


def exhibit_view(exhibit: Exhibit) -> ExhibitView:
    """Return an exhibit as its template draws it."""
    if isinstance(exhibit, Plot):
        description = _describe_plot(exhibit)
        return ExhibitView(
            title=clean(exhibit.title), description=description, plot=_plot(exhibit), grid=None
        )
    rows = ", ".join(f"{clean(row.label)}: {count(len(row.images), 'image')}" for row in exhibit.rows)
    return ExhibitView(title=clean(exhibit.title), description=rows, plot=None, grid=_grid(exhibit))


def _describe_plot(plot: Plot) -> str:
    parts = []
    for series in plot.series:
        if not series.xs:
            parts.append(f"{clean(series.name)}: no points")
        elif plot.joined:
            parts.append(f"{clean(series.name)}: from {_figure(series.ys[0])} to {_figure(series.ys[-1])}")
        else:
            parts.append(f"{clean(series.name)}: {count(len(series.xs), 'point')}")
    if plot.level is not None:
        parts.append(f"{clean(plot.level_label)}: {_figure(plot.level)}")
    return "; ".join(parts)


def _plot(plot: Plot) -> PlotView:
    width, height = (_SQUARE, _SQUARE) if plot.equal else (_WIDTH, _HEIGHT)
    levels = () if plot.level is None else (plot.level,)
    low_x, high_x = _range([x for series in plot.series for x in series.xs])
    low_y, high_y = _range([*(y for series in plot.series for y in series.ys), *levels])
    if plot.equal:
        half = max(high_x - low_x, high_y - low_y) / 2
        middle_x, middle_y = (low_x + high_x) / 2, (low_y + high_y) / 2
        low_x, high_x, low_y, high_y = middle_x - half, middle_x + half, middle_y - half, middle_y + half
    base, right = _TOP + height, _LEFT + width

    def place_x(value: float) -> float:
        return round(_LEFT + width * (value - low_x) / (high_x - low_x), 1)

    def place_y(value: float) -> float:
        return round(base - height * (value - low_y) / (high_y - low_y), 1)

    drawn, legend = [], _LEFT
    for number, series in enumerate(plot.series):
        points = [(place_x(x), place_y(y)) for x, y in zip(series.xs, series.ys, strict=False)]
        path = _line(points) if plot.joined else _marks(points)
        kind = number % _STYLES + 1
        drawn.append(SeriesView(name=clean(series.name), kind=kind, path=path, legend=round(legend, 1)))
        legend += 2 * _GAP + _LETTER * (len(series.name) + 1)
    return PlotView(
        width=right + 2 * _GAP,
        height=base + _BELOW,
        left=_LEFT,
        right=right,
        top=_TOP,
        base=base,
        joined=plot.joined,
        x_label=clean(plot.x_label),
        y_label=clean(plot.y_label),
        across=tuple(TickView(place=place_x(tick), label=_figure(tick)) for tick in _ticks(low_x, high_x)),
        up=tuple(TickView(place=place_y(tick), label=_figure(tick)) for tick in _ticks(low_y, high_y)),
        series=tuple(drawn),
        level=None if plot.level is None else place_y(plot.level),
        level_label=clean(plot.level_label),
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis: a little room beyond the values, and some length at any rate."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = (high - low) * 0.04 or max(abs(low), 1.0) * 0.5
    return low - room, high + room


def _ticks(low: float, high: float) -> Iterator[float]:
    """Yield round figures from ``low`` to ``high``."""
    raw = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in _STEPS if power * factor >= raw * 0.999)
    for index in range(math.ceil(low / step), math.floor(high / step) + 1):
        yield index * step


def _figure(value: float) -> str:
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}") if value else "0"


def _line(points: Sequence[tuple[float, float]]) -> str:
    if len(points) == 1:
        return _marks(points)
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) if points else ""


def _marks(points: Sequence[tuple[float, float]]) -> str:
    """Return a stroke of no length a point: round ends make a dot of it."""
    return "".join(f"M{x:g} {y:g}h0" for x, y in points)


def _grid(grid: ImageGrid) -> GridView:
    rows = tuple(
        RowOfImages(
            label=clean(row.label),
            images=tuple(_image(image, grid.width, grid.height) for image in row.images),
        )
        for row in grid.rows
    )
    return GridView(width=grid.width, height=grid.height, rows=rows)


def _image(digits: str, width: int, height: int) -> ImageView:
    shades: dict[int, list[str]] = {}
    for index, digit in enumerate(digits[: width * height]):
        shade = int(digit, 16)
        if shade:
            shades.setdefault(shade, []).append(f"M{index % width} {index // width}h1v1h-1z")
    return ImageView(
        shades=tuple(
            ShadeView(opacity=round(shade / _SHADES, 2), path="".join(squares))
            for shade, squares in sorted(shades.items())
        )
    )
