"""Marks of tests."""

from __future__ import annotations

from fractions import Fraction

import pytest

__all__ = ["points"]


def points(value: int | str | Fraction) -> pytest.MarkDecorator:
    """Say how many points a test is worth, exactly: ``@points(6)``, ``@points("7/2")``.

    Raises:
        ValueError: if the value is no number or negative.
    """
    exact = Fraction(value)
    if exact < 0:
        raise ValueError(f"points cannot be negative: {value}")
    return pytest.mark.points(exact)
