"""How a wrong array relates to the right one, where that is simple: the hint that needs no mutant."""

from __future__ import annotations

import numpy as np

from torchgrade.wire.values import Array

__all__ = ["relation"]

ENTRIES = 3
"""With fewer entries some factor always fits."""
CLOSE = 1e-6
# Squares of what lies between neither vanish nor overflow.
SMALL, LARGE = 1e-150, 1e150


def relation(right: Array, given: Array) -> str:
    """Return a sentence's end such as ``"every entry has the opposite sign"``, or ``""``.

    It tells a factor, never a value.

    Args:
        right: what was expected, floating-point, any shape.
        given: what was answered, same shape.
    """
    if right.dtype.kind != "f" or right.size < ENTRIES or not np.isfinite(given).all():
        return ""
    mine, theirs = right.astype(np.float64), given.astype(np.float64)
    size = float(np.abs(mine).max())
    if not SMALL < size < LARGE or not np.isfinite(mine).all() or np.abs(theirs).max() > LARGE:
        return ""
    if not theirs.any():
        return "every entry is zero"
    factor = float((mine * theirs).sum() / np.square(mine).sum())
    if np.abs(theirs - factor * mine).max() <= CLOSE * abs(factor) * size:
        told = f"{factor:.4g}"
        if told == "1":  # right but for rounding: of another dtype, say
            return ""
        return (
            "every entry has the opposite sign" if told == "-1" else f"every entry is {told} × the right one"
        )
    if mine.ndim == 2 and mine.shape[0] == mine.shape[1] and np.abs(theirs.T - mine).max() <= CLOSE * size:  # noqa: PLR2004 - a matrix
        return "it is the transpose of the right one"
    return ""
