"""Comparing an answer with what was expected: structure, shape, dtype, finiteness, values."""

from __future__ import annotations

import enum
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from torchgrade.errors import ContentError
from torchgrade.wire.values import Array

__all__ = ["Comparison", "Difference", "DifferenceKind", "Tolerance", "compare", "describe_value"]

WORST = sys.float_info.max


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a value may be off: ``relative * (|expected| + rms(expected)) + absolute``.

    The root mean square of the whole array joins in, so that an entry which is small by
    cancellation is not held to digits that no right algorithm could have.
    """

    relative: float
    absolute: float


# Room for another order of summation, none for another formula or a lower precision.
_BY_DTYPE: Mapping[str, Tolerance] = {
    "float64": Tolerance(relative=1e-9, absolute=1e-14),
    "float32": Tolerance(relative=2e-5, absolute=1e-7),
    "float16": Tolerance(relative=5e-3, absolute=1e-4),
    "bfloat16": Tolerance(relative=3e-2, absolute=1e-3),
    "complex64": Tolerance(relative=2e-5, absolute=1e-7),
    "complex128": Tolerance(relative=1e-9, absolute=1e-14),
}
_EXACT = Tolerance(relative=0.0, absolute=0.0)


class DifferenceKind(enum.Enum):
    """The first thing that differs."""

    STRUCTURE = "structure"
    SHAPE = "shape"
    DTYPE = "dtype"
    FINITE = "finite"
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where and how an answer differs.

    Attributes:
        where: name of the part, such as ``dw`` or ``gradients[1][0]``.
        got, expected: descriptions without values (types, shapes, dtypes, counts).
        index: worst entry; ``got_value`` and ``expected_value`` stand there. None if no entry does.
        error_in_sizes: worst error over the root mean square of what was expected.
        count, size: entries that differ, entries in all.
    """

    kind: DifferenceKind
    where: str
    got: str
    expected: str
    index: tuple[int, ...] | None = None
    got_value: str = ""
    expected_value: str = ""
    error_in_sizes: float = 0.0
    allowed: float = 0.0
    count: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Result of a comparison.

    Attributes:
        ratio: worst error as a multiple of the tolerance; the largest float for what has no number.
        difference: the first part over its tolerance, if any.
    """

    ratio: float = 0.0
    difference: Difference | None = None


def compare(
    expected: Any,
    got: Any,
    *,
    where: str = "the result",
    names: Sequence[str] = (),
    tolerance: Tolerance | None = None,
    nan_matches: bool = False,
) -> Comparison:
    """Compare two values; a list and a tuple count alike, a float and a 0-d array too.

    Args:
        expected: what is right.
        got: what was answered.
        where: name of the whole.
        names: names of the parts, if the whole is a tuple.
        tolerance: for all floating-point parts; by default each dtype has its own.
        nan_matches: whether NaN equals NaN: never for a verdict, only to recognise a mistake.

    Raises:
        ContentError: if ``expected`` holds NaN: then nothing could be right.
    """
    return _Comparer(tolerance, nan_matches=nan_matches).compare(expected, got, where, names)


def describe_value(value: Any) -> str:
    """Return type, shape and dtype of a value, never the value itself."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray) or _is_tensor(value):
        kind = "array" if isinstance(value, np.ndarray) else "tensor"
        shape = str(tuple(value.shape))
        return f"{kind} of shape {shape}, {_dtype_name(value)}"
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return f"{kind} of {len(value)}"
    if isinstance(value, dict):
        return f"dictionary of {len(value)}"
    return type(value).__name__


class _Comparer:
    def __init__(self, tolerance: Tolerance | None, *, nan_matches: bool) -> None:
        self._tolerance = tolerance
        self._nan_matches = nan_matches

    def compare(self, expected: Any, got: Any, where: str, names: Sequence[str] = ()) -> Comparison:
        if isinstance(expected, list | tuple):
            return self._sequences(expected, got, where, names)
        if isinstance(expected, dict):
            return self._mappings(expected, got, where)
        if expected is None or isinstance(expected, str | bytes | bool):
            same = type(got) is type(expected) and got == expected
            return Comparison() if same else _differs(DifferenceKind.STRUCTURE, where, got, expected)
        return self._numbers(expected, got, where)

    def _sequences(self, expected: Sequence[Any], got: Any, where: str, names: Sequence[str]) -> Comparison:
        if not isinstance(got, list | tuple) or len(got) != len(expected):
            return _differs(DifferenceKind.STRUCTURE, where, got, expected)
        labels = names if len(names) == len(expected) else [f"{where}[{i}]" for i in range(len(expected))]
        parts = zip(labels, expected, got, strict=True)
        return _worst([self.compare(wanted, given, label) for label, wanted, given in parts])

    def _mappings(self, expected: Mapping[Any, Any], got: Any, where: str) -> Comparison:
        if not isinstance(got, dict) or set(got) != set(expected):
            return _differs(DifferenceKind.STRUCTURE, where, got, expected)
        return _worst(
            [self.compare(wanted, got[key], f"{where}[{key!r}]") for key, wanted in expected.items()]
        )

    def _numbers(self, expected: Any, got: Any, where: str) -> Comparison:
        if not _is_number(got) or _is_tensor(expected) is not _is_tensor(got):
            return _differs(DifferenceKind.STRUCTURE, where, got, expected)
        right, given = _as_array(expected), _as_array(got)
        if right.shape != given.shape:
            return _differs(DifferenceKind.SHAPE, where, got, expected)
        plain = not isinstance(got, np.ndarray) and not _is_tensor(got)  # a Python number has no dtype
        if not plain and _dtype_name(expected) != _dtype_name(got):
            return _differs(DifferenceKind.DTYPE, where, got, expected)
        if np.isnan(right).any():
            if not self._nan_matches:
                raise ContentError(f"the expected value of {where} holds NaN")
            if not np.array_equal(np.isnan(right), np.isnan(given)):
                return _differs(DifferenceKind.FINITE, where, got, expected)
            right, given = np.nan_to_num(right), np.nan_to_num(given)
        tolerance = self._tolerance or _BY_DTYPE.get(_dtype_name(expected), _EXACT)
        return _compare_entries(right, given, where, tolerance)


def _compare_entries(right: Array, given: Array, where: str, tolerance: Tolerance) -> Comparison:
    if np.array_equal(right, given):
        return Comparison()
    finite = np.isfinite(right)
    odd = (np.isfinite(given) != finite) | (~finite & (given != right))
    size = _root_mean_square(right[finite])
    with np.errstate(all="ignore"):
        error = np.abs(np.where(finite & ~odd, given - right, 0.0))
        allowed = tolerance.relative * (np.where(finite, np.abs(right), 0.0) + size) + tolerance.absolute
        ratio = np.where(error > 0, error / allowed, 0.0)
    ratio = np.where(odd, math.inf, ratio)
    worst = float(ratio.max(initial=0.0))
    if worst <= 1.0:
        return Comparison(ratio=worst)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(ratio)), ratio.shape))
    kind = DifferenceKind.FINITE if odd.any() else DifferenceKind.VALUE
    count = int(np.count_nonzero(odd if odd.any() else ratio > 1.0))
    difference = Difference(
        kind=kind,
        where=where,
        got=describe_value(given),
        expected=describe_value(right),
        index=index,
        got_value=f"{given[index]:.10g}",
        expected_value=f"{right[index]:.10g}",
        error_in_sizes=float(error[index]) / size if size else math.inf,
        allowed=tolerance.relative,
        count=count,
        size=right.size,
    )
    return Comparison(ratio=min(worst, WORST), difference=difference)


def _root_mean_square(values: Array) -> float:
    """Return it without overflow; 0 for no values."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return 0.0
    scaled = np.abs(values) / largest
    return largest * math.sqrt(float(np.mean(scaled * scaled)))


def _differs(kind: DifferenceKind, where: str, got: Any, expected: Any) -> Comparison:
    difference = Difference(
        kind=kind, where=where, got=describe_value(got), expected=describe_value(expected)
    )
    return Comparison(ratio=WORST, difference=difference)


def _worst(parts: Sequence[Comparison]) -> Comparison:
    """Return the worst ratio with the first difference."""
    first = next((part.difference for part in parts if part.difference is not None), None)
    return Comparison(ratio=max((part.ratio for part in parts), default=0.0), difference=first)


def _is_tensor(value: Any) -> bool:
    return type(value).__module__ == "torch" and type(value).__name__ == "Tensor"


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray) or _is_tensor(value):
        return True
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dtype_name(value: Any) -> str:
    if _is_tensor(value):
        return str(value.dtype).removeprefix("torch.")
    return _numpy_name(np.asarray(value).dtype)


@cache
def _numpy_name(dtype: np.dtype[Any]) -> str:
    return str(dtype)  # numpy takes 10 µs for it


def _as_array(value: Any) -> Array:
    if _is_tensor(value):
        import torch

        value = value.to(torch.float32).numpy() if value.dtype is torch.bfloat16 else value.numpy()
    return np.asarray(value)
