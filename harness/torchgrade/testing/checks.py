"""Plain checks for tests that need no reference."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from torchgrade.results import Outcome
from torchgrade.testing.compare import Tolerance, compare
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.messages import describe_difference, describe_values
from torchgrade.wire.values import Array

__all__ = ["check", "close", "numerical_gradient"]

PLAIN_ERROR = 1e-3


def check(condition: object, message: str) -> None:
    """Fail the test with ``message``, which the student sees, unless the condition holds."""
    if not condition:
        raise StudentFailure(Outcome.FAILED, message)


def close(got: Any, expected: Any, what: str, tolerance: Tolerance | None = None) -> None:
    """Fail the test unless ``got`` is ``expected``: structure, shape, dtype, finiteness, values.

    For public tests: the message shows the values of the worst entry to the student.

    Args:
        got: what the student's code returned.
        expected: what is right.
        what: names it in the message.
        tolerance: by default each dtype has its own.
    """
    difference = compare(expected, got, where=what, tolerance=tolerance).difference
    if difference is not None:
        # Where both values are shown, the size of the error says something new only if it is small.
        plain = difference.index is not None and difference.error_in_sizes > PLAIN_ERROR
        shown = dataclasses.replace(difference, error_in_sizes=0.0) if plain else difference
        values = describe_values(difference)
        text = describe_difference(shown) + (f"\n{values}" if values else "")
        raise StudentFailure(Outcome.FAILED, text)


def numerical_gradient(
    function: Callable[[Array], Any], x: Array, upstream: Array | None = None, step: float = 1e-6
) -> Array:
    """Return the gradient of ``(function(x) * upstream).sum()`` by central differences.

    Args:
        function: called with arrays of x's shape.
        x: where, float64, any shape; left as it is.
        upstream: of the shape of ``function(x)``; ones by default.
        step: half the width of a difference.

    Returns:
        An array of x's shape; good to about eight digits for smooth functions.
    """
    gradient = np.zeros_like(x, dtype=np.float64)
    for index in np.ndindex(x.shape):
        values = []
        for sign in (1.0, -1.0):
            moved = np.array(x, dtype=np.float64)
            moved[index] += sign * step
            out = np.asarray(function(moved), dtype=np.float64)
            values.append(float(np.sum(out if upstream is None else out * upstream)))
        gradient[index] = (values[0] - values[1]) / (2.0 * step)
    return gradient
