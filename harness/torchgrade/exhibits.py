"""Pictures that a test shows beside its verdict, as plain figures; the pages draw them."""

from __future__ import annotations

import msgspec

__all__ = ["Exhibit", "ImageGrid", "ImageRow", "Plot", "Series"]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Points of a plot, under one name."""

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]


class Plot(msgspec.Struct, frozen=True, kw_only=True, tag="plot"):
    """Points in the plane.

    Attributes:
        joined: whether the points of a series are joined by a line.
        level: height of a line across, such as a threshold; None for none.
        equal: whether a step is as long across as up.
    """

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    joined: bool
    level: float | None = None
    level_label: str = ""
    equal: bool = False


class ImageRow(msgspec.Struct, frozen=True, kw_only=True):
    """Images side by side, each a hexadecimal digit a pixel, row by row; 0 is paper, f is ink."""

    label: str
    images: tuple[str, ...]


class ImageGrid(msgspec.Struct, frozen=True, kw_only=True, tag="images"):
    """Small grey images.

    Attributes:
        width, height: of each, in pixels.
    """

    title: str
    width: int
    height: int
    rows: tuple[ImageRow, ...]


Exhibit = Plot | ImageGrid
