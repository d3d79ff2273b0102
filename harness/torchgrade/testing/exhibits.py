"""Making exhibits: of whatever a submission returned, finite numbers, and not too many of them.

Students see them. A test of hidden things must not put on show what a student may not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from torchgrade.exhibits import ImageGrid, ImageRow, Plot, Series
from torchgrade.wire.values import Array

__all__ = ["curves", "images", "scatter"]

POINTS = 400
SERIES = 6
ROWS = 8
# As many as a page shows in one line, so that what belongs together stands one below the other.
IMAGES = 12
PIXELS = 32
SHADES = 16
_DIGITS = 4


def curves(
    title: str,
    series: Mapping[str, tuple[Any, Any]],
    *,
    x_label: str,
    y_label: str,
    level: float | None = None,
    level_label: str = "",
) -> Plot:
    """Return lines such as the returns of an agent over its steps.

    Args:
        title: in a few words.
        series: by name, places across and heights: two sequences of equal length. Long ones are thinned out.
        x_label: what is across.
        y_label: what is up.
        level: height of a line across, such as what is needed.
        level_label: what stands at it.
    """
    drawn = tuple(_thinned(name, *both) for name, both in list(series.items())[:SERIES])
    return Plot(
        title=title,
        x_label=x_label,
        y_label=y_label,
        series=drawn,
        joined=True,
        level=level,
        level_label=level_label,
    )


def scatter(title: str, points: Mapping[str, Any], *, x_label: str = "", y_label: str = "") -> Plot:
    """Return points in the plane, such as samples.

    Args:
        title: in a few words.
        points: by name, arrays of shape (N, 2), of which the first are shown.
        x_label: what is across.
        y_label: what is up.
    """
    drawn = []
    for name, given in list(points.items())[:SERIES]:
        array = _numbers(given)
        array = array.reshape(-1, 2) if array.size % 2 == 0 else array.reshape(-1)[:0].reshape(0, 2)
        array = array[np.isfinite(array).all(axis=1)][:POINTS]
        drawn.append(Series(name=name, xs=_rounded(array[:, 0]), ys=_rounded(array[:, 1])))
    return Plot(title=title, x_label=x_label, y_label=y_label, series=tuple(drawn), joined=False, equal=True)


def images(title: str, rows: Mapping[str, Any]) -> ImageGrid:
    """Return rows of grey images, arrays of shape (N, H, W), 0 for paper and 1 for ink; 12 are shown of each.

    Args:
        title: in a few words.
        rows: by label; all of one height and width, of 32 pixels at the most.

    Raises:
        ValueError: if they are not.
    """
    arrays = {label: _numbers(given) for label, given in rows.items()}
    sizes = {array.shape[1:] for array in arrays.values() if array.ndim == 3}  # noqa: PLR2004 - images
    if len(sizes) != 1 or any(array.ndim != 3 for array in arrays.values()):  # noqa: PLR2004 - images
        raise ValueError("rows of images must be arrays of shape (N, H, W), with one H and W for all")
    ((height, width),) = sizes
    if not (0 < height <= PIXELS and 0 < width <= PIXELS):
        raise ValueError(f"an image must have 1 to {PIXELS} pixels a side")
    drawn = tuple(
        ImageRow(label=label, images=tuple(_shades(image) for image in array[:IMAGES]))
        for label, array in list(arrays.items())[:ROWS]
    )
    return ImageGrid(title=title, width=int(width), height=int(height), rows=drawn)


def _thinned(name: str, xs: Sequence[Any], ys: Sequence[Any]) -> Series:
    across, up = _numbers(xs).reshape(-1), _numbers(ys).reshape(-1)
    count = min(len(across), len(up))
    across, up = across[:count], up[:count]
    finite = np.isfinite(across) & np.isfinite(up)
    across, up = across[finite], up[finite]
    if len(across) > POINTS:
        kept = np.linspace(0, len(across) - 1, POINTS).round().astype(int)
        across, up = across[kept], up[kept]
    return Series(name=name, xs=_rounded(across), ys=_rounded(up))


def _numbers(given: Any) -> Array:
    """Return numbers of any kind as float64; what is no number becomes none at all."""
    try:
        if hasattr(given, "detach"):
            given = given.detach().cpu().double().numpy()
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        return np.zeros((0,))


def _rounded(values: Array) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values)


def _shades(image: Array) -> str:
    levels = np.rint(np.clip(np.nan_to_num(image, nan=0.0), 0.0, 1.0) * (SHADES - 1)).astype(int)
    return "".join(f"{level:x}" for level in levels.reshape(-1))
