"""What the templates may use of exhibits: places in a drawing, and words.

The rules of ``contexts`` hold here too. A drawing's units are about pixels on a wide page.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ExhibitView",
    "GridView",
    "ImageView",
    "PlotView",
    "RowOfImages",
    "SeriesView",
    "ShadeView",
    "TickView",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TickView:
    """A place on an axis.

    Attributes:
        place: in units of the drawing.
        label: the figure there.
    """

    place: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """One series of a plot.

    Attributes:
        name: what it is; may be empty.
        kind: number of its style, from 1.
        path: what is drawn: a line, or a mark a point.
        legend: where its name stands across.
    """

    name: str
    kind: int
    path: str
    legend: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotView:
    """Points in the plane, on axes.

    Attributes:
        width: of the drawing.
        height: of the drawing.
        left: where the axes begin across.
        right: where they end.
        top: where they end upwards.
        base: where they begin.
        joined: whether the points of a series are joined.
        x_label: what is across; may be empty.
        y_label: what is up; may be empty.
        across: places on the axis across.
        up: places on the axis upwards.
        series: what is drawn.
        level: height of a line across; None for none.
        level_label: what stands at it.
    """

    width: float
    height: float
    left: float
    right: float
    top: float
    base: float
    joined: bool
    x_label: str
    y_label: str
    across: tuple[TickView, ...]
    up: tuple[TickView, ...]
    series: tuple[SeriesView, ...]
    level: float | None
    level_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadeView:
    """All pixels of an image that are of one shade.

    Attributes:
        opacity: from 0 to 1.
        path: squares of one pixel.
    """

    opacity: float
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageView:
    """One image.

    Attributes:
        shades: of all pixels that are not blank.
    """

    shades: tuple[ShadeView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOfImages:
    """Images side by side.

    Attributes:
        label: what they are.
        images: from left to right.
    """

    label: str
    images: tuple[ImageView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridView:
    """Rows of images of one size.

    Attributes:
        width: of each image, in its pixels.
        height: of each image.
        rows: from top to bottom.
    """

    width: int
    height: int
    rows: tuple[RowOfImages, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitView:
    """One picture of what the student's code made; either a plot or a grid.

    Attributes:
        title: what it shows.
        description: the same in more words, for those who do not see it.
        plot: points on axes, or None.
        grid: rows of images, or None.
    """

    title: str
    description: str
    plot: PlotView | None
    grid: GridView | None
