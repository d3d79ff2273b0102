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
from torchgrade.testing.relation import relation
from torchgrade.wire.values import Array

__all__ = ["Comparison", "Difference", "DifferenceKind", "Tolerance", "compare", "describe_value"]

WORST = sys.float_info.max
WRITTEN_CHARACTERS = 80
_LONG_BITS = 256
_LARGE = 1e100


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
        error_in_sizes: error there over the root mean square of what was expected; 0 if that has none.
        allowed: the relative tolerance.
        count, size: entries that differ, entries in all; 0 for what has no entries, such as a string.
        relation: how all entries relate to the right ones, where that is simple.
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
    relation: str = ""


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
        ContentError: if ``expected`` holds NaN, so that nothing could be right, or is no value to compare.
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
        expected, got = _plain_truth(expected), _plain_truth(got)
        if isinstance(expected, list | tuple):
            return self._sequences(expected, got, where, names)
        if isinstance(expected, dict):
            return self._mappings(expected, got, where)
        if expected is None or isinstance(expected, str | bytes | bool):
            return _exactly(expected, got, where)
        if type(expected) is type(got) is int and self._tolerance is None:
            return _exactly(expected, got, where)  # of any size
        return self._numbers(expected, got, where)

    def _sequences(self, expected: Sequence[Any], got: Any, where: str, names: Sequence[str]) -> Comparison:
        if not isinstance(got, list | tuple) or len(got) != len(expected):
            return _differs(DifferenceKind.STRUCTURE, where, got, expected)
        labels = names if len(names) == len(expected) else [f"{where}[{i}]" for i in range(len(expected))]
        parts = zip(labels, expected, got, strict=True)
        return _worst([self.compare(wanted, given, label) for label, wanted, given in parts])

    def _mappings(self, expected: Mapping[Any, Any], got: Any, where: str) -> Comparison:
        if not isinstance(got, dict):
            return _differs(DifferenceKind.STRUCTURE, where, got, expected)
        if set(got) != set(expected):
            other = "" if len(got) != len(expected) else " with other keys"
            return _differs(DifferenceKind.STRUCTURE, where, got, expected, note=other)
        return _worst(
            [self.compare(wanted, got[key], f"{where}[{key!r}]") for key, wanted in expected.items()]
        )

    def _numbers(self, expected: Any, got: Any, where: str) -> Comparison:
        if not _is_number(expected):
            raise ContentError(f"{where} is a {type(expected).__name__}, which cannot be compared")
        if not _is_number(got) or _is_tensor(expected) is not _is_tensor(got):
            return _differs(DifferenceKind.STRUCTURE, where, got, expected)
        right, given = _as_array(expected), _as_array(got)
        if right.shape != given.shape:
            return _differs(DifferenceKind.SHAPE, where, got, expected)
        plain = isinstance(got, int | float | complex)  # a Python number has no dtype
        if not plain and _dtype_name(expected) != _dtype_name(got):
            return _differs(DifferenceKind.DTYPE, where, got, expected)
        if np.isnan(right).any():
            if not self._nan_matches:
                raise ContentError(f"the expected value of {where} holds NaN")
            if not np.array_equal(np.isnan(right), np.isnan(given)):
                return _differs(DifferenceKind.FINITE, where, got, expected)
            right, given = (np.where(np.isnan(array), 0, array) for array in (right, given))
        tolerance = self._tolerance or _BY_DTYPE.get(_dtype_name(expected), _EXACT)
        return _compare_entries(right, given, where, tolerance)


def _compare_entries(right: Array, given: Array, where: str, tolerance: Tolerance) -> Comparison:
    if np.array_equal(right, given):
        return Comparison()
    finite = np.isfinite(right)
    odd = (np.isfinite(given) != finite) | (~finite & (given != right))
    comparable = finite & ~odd
    error, magnitude, scale = _errors(right, given, comparable)
    size = _root_mean_square(magnitude[finite])
    allowed = tolerance.relative * (magnitude + size) + tolerance.absolute / scale
    with np.errstate(divide="ignore", over="ignore"):
        ratio = np.divide(error, allowed, out=np.zeros_like(error), where=error > 0)
    ratio = np.where(odd, math.inf, ratio)
    worst = float(ratio.max(initial=0.0))
    if worst <= 1.0:
        return Comparison(ratio=worst)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(ratio)), ratio.shape))
    got_value, expected_value = _written(given[index], right[index])
    difference = Difference(
        kind=DifferenceKind.FINITE if odd.any() else DifferenceKind.VALUE,
        where=where,
        got=_describe_odd(right, given),
        expected="",
        index=index,
        got_value=got_value,
        expected_value=expected_value,
        error_in_sizes=min(float(error[index]) / size, WORST) if size else 0.0,
        allowed=tolerance.relative,
        count=int(np.count_nonzero(odd if odd.any() else ratio > 1.0)),
        size=right.size,
        relation=relation(right, given),
    )
    return Comparison(ratio=min(worst, WORST), difference=difference)


def _errors(right: Array, given: Array, comparable: Array) -> tuple[Array, Array, float]:
    """Return error and magnitude of each entry, in float64, and the scale that both are divided by.

    Half precision would overflow in the sums that a tolerance needs, and float64 near its end too. What
    is not ``comparable`` counts as 0.
    """
    wide = np.complex128 if "c" in right.dtype.kind + given.dtype.kind else np.float64
    mine, theirs = (np.where(comparable, array, 0).astype(wide) for array in (right, given))
    parts = (part for array in (mine, theirs) for part in (array.real, array.imag))
    largest = max(float(np.abs(part).max(initial=0.0)) for part in parts)
    scale = largest if largest > _LARGE else 1.0
    mine, theirs = mine / scale, theirs / scale
    error = np.abs(theirs - mine)
    # Integers beyond 2**53 may differ by less than float64 can tell.
    unequal = comparable & (right != given) & (error == 0)
    return np.where(unequal, sys.float_info.min, error), np.abs(mine), scale


def _describe_odd(right: Array, given: Array) -> str:
    if np.isnan(given).any():
        return "NaN"
    return "infinite" if (np.isinf(given) & np.isfinite(right)).any() else "wrong"


def _written(got: Any, expected: Any) -> tuple[str, str]:
    """Return two numbers in as many digits as it takes to tell them apart."""
    for digits in (6, 10, 14):
        texts = tuple(
            f"{value:.{digits}g}" if value.dtype.kind in "fc" else str(value) for value in (got, expected)
        )
        if texts[0] != texts[1]:
            break
    else:
        texts = (str(got), str(expected))
    return texts[0], texts[1]


def _root_mean_square(values: Array) -> float:
    """Return it without overflow; 0 for no values."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return 0.0
    scaled = np.abs(values) / largest
    return largest * math.sqrt(float(np.mean(scaled * scaled)))


def _differs(kind: DifferenceKind, where: str, got: Any, expected: Any, note: str = "") -> Comparison:
    difference = Difference(
        kind=kind, where=where, got=describe_value(got) + note, expected=describe_value(expected)
    )
    return Comparison(ratio=WORST, difference=difference)


def _exactly(expected: Any, got: Any, where: str) -> Comparison:
    """Compare what has no tolerance: None, truth values, text, whole numbers."""
    if type(got) is not type(expected):
        return _differs(DifferenceKind.STRUCTURE, where, got, expected)
    if got == expected:
        return Comparison()
    difference = Difference(
        kind=DifferenceKind.VALUE,
        where=where,
        got=describe_value(got),
        expected=describe_value(expected),
        index=(),
        got_value=_shortened(got),
        expected_value=_shortened(expected),
    )
    return Comparison(ratio=WORST, difference=difference)


def _shortened(value: Any) -> str:
    # a slice of it first: the repr of a long text costs its length, that of a long integer its square
    part = value[:WRITTEN_CHARACTERS] if isinstance(value, str | bytes) else value
    text = hex(part) if isinstance(part, int) and part.bit_length() > _LONG_BITS else repr(part)
    return text if len(text) <= WRITTEN_CHARACTERS else text[:WRITTEN_CHARACTERS] + "…"


def _worst(parts: Sequence[Comparison]) -> Comparison:
    """Return the worst ratio with the first difference."""
    first = next((part.difference for part in parts if part.difference is not None), None)
    return Comparison(ratio=max((part.ratio for part in parts), default=0.0), difference=first)


def _is_tensor(value: Any) -> bool:
    return type(value).__module__ == "torch" and type(value).__name__ == "Tensor"


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.generic) or _is_tensor(value):
        return True
    return isinstance(value, int | float | complex) and not isinstance(value, bool)


def _plain_truth(value: Any) -> Any:
    """Return a numpy truth value as Python's: they count alike."""
    is_truth = isinstance(value, np.bool_) or (
        isinstance(value, np.ndarray) and value.shape == () and value.dtype == np.bool_
    )
    return bool(value) if is_truth else value


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
    if isinstance(value, int):
        value = _float_of(value)
    return np.asarray(value)


def _float_of(value: int) -> int | float:
    """Return an integer that numpy has no dtype for as the nearest float, infinity included."""
    if -(2**63) <= value < 2**63:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
