"""Negative controls: answers of the right form that are worth nothing.

They are made from the reference's answers, for every function of the contract, so that no author can
forget one. A test that one of them passes tells nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from torchgrade.remote.answers import Answer, AnswerKind, Call
from torchgrade.testing.bench import AnswerBook
from torchgrade.wire.values import Array

__all__ = ["CONTROLS", "Control"]

Fill = Callable[[Array, Call], Array]


def _input(right: Array, call: Call) -> Array:
    """Return the first argument of that shape, or of any shape."""
    arrays = [value for value in _leaves(call.arguments) if value.dtype.kind == right.dtype.kind]
    same = [value for value in arrays if value.shape == right.shape]
    return np.array((same or arrays or [np.zeros_like(right)])[0], dtype=right.dtype)


CONTROLS: Mapping[str, Fill] = {
    "zeros": lambda right, _: np.zeros_like(right),
    "ones": lambda right, _: np.ones_like(right),
    "a constant": lambda right, _: np.full_like(right, 0.37),
    "the mean": lambda right, _: np.full_like(right, right.mean() if right.size else 0),
    "the input": _input,
    "noise": lambda right, _: np.asarray(np.random.default_rng(0).standard_normal(right.shape), right.dtype),
    "nothing": lambda right, _: np.full_like(right, np.nan) if right.dtype.kind == "f" else right * 0 - 1,
}


class Control:
    """Answers every call with the reference's structure, filled with something else.

    Args:
        reference: whose answers tell structure, shapes and dtypes.
        fill: makes the content of one array.
    """

    def __init__(self, reference: AnswerBook, fill: Fill) -> None:
        self._reference = reference
        self._fill = fill

    def answer(self, call: Call) -> Answer:
        """Return a worthless value, also where the reference raises."""
        right = self._reference.answer(call)
        if right.kind is not AnswerKind.VALUE:
            return Answer(kind=AnswerKind.VALUE, value=0.0)
        return dataclasses.replace(right, value=self._refill(right.value, call))

    def _refill(self, value: Any, call: Call) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(self._refill(item, call) for item in value)
        if isinstance(value, dict):
            return {key: self._refill(item, call) for key, item in value.items()}
        if isinstance(value, np.ndarray):
            return self._fill(value, call)
        if isinstance(value, float):
            return float(self._fill(np.array([value]), call).flat[0])
        return value


def _leaves(value: Any) -> list[Array]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    return []
