"""Negative controls: answers of the right form that are worth nothing.

They are made from the reference's answers, for every function of the contract, so that no author can
forget one. A test that one of them passes tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from msgspec.structs import replace

from torchgrade.remote.answers import Answer, AnswerKind, Call, MethodCall
from torchgrade.testing.bench import AnswerBook
from torchgrade.wire.values import Array

__all__ = ["CONTROLS", "Control", "NoneControl"]

Fill = Callable[[Array, Call], Array]
_INT64 = range(-(2**63), 2**63)


def _input(right: Array, call: Call) -> Array:
    """Return the first argument of that shape, or the first number, or the first argument at all."""
    arrays = [value for value in _leaves(call.arguments) if value.dtype.kind == right.dtype.kind]
    same = [value for value in arrays if value.shape == right.shape]
    if same:
        return same[0]
    if right.shape == ():
        return next((value.reshape(-1)[:1].reshape(()) for value in arrays if value.size), np.zeros(()))
    return arrays[0] if arrays else np.zeros(right.shape)


def _nothing(right: Array, call: Call) -> Array:
    del call
    return np.full(right.shape, np.nan if right.dtype.kind in "fc" else -1.0)


CONTROLS: Mapping[str, Fill] = {
    "zeros": lambda right, _: np.zeros(right.shape),
    "ones": lambda right, _: np.ones(right.shape),
    "a constant": lambda right, _: np.full(right.shape, 0.37),
    "the mean": lambda right, _: np.full(right.shape, right.mean() if right.size > 1 else 0.5),
    "the input": _input,
    "noise": lambda right, _: np.asarray(np.random.default_rng(0).standard_normal(right.shape)),
    "nothing": _nothing,
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
        self._known: dict[str, Answer] = {}

    def answer(self, call: Call) -> Answer:
        """Return a worthless value, also where the reference raises."""
        right = self._reference.answer(call)
        if right.kind is not AnswerKind.VALUE:
            return Answer(kind=AnswerKind.VALUE, value=0.0)
        return replace(right, value=self._refill(right.value, call))

    def answer_method(self, call: MethodCall) -> Answer:
        """Return worthless values for what methods of the reference's object return.

        The reference is asked once for each form of calls: it need not play a whole game for it.
        """
        form = f"{call.hook.name}: {[(step.method, _form(step.arguments)) for step in call.steps]}"
        if form not in self._known:
            self._known[form] = self._reference.answer_method(call)
        right = self._known[form]
        if right.kind is not AnswerKind.VALUE:
            return Answer(kind=AnswerKind.VALUE, value=[0.0] * len(call.steps))
        filled = [
            self._refill(value, Call(call.hook, step.arguments))
            for value, step in zip(right.value, call.steps, strict=True)
        ]
        return replace(right, value=filled)

    def _refill(self, value: Any, call: Call) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(self._refill(item, call) for item in value)
        if isinstance(value, dict):
            return {key: self._refill(item, call) for key, item in value.items()}
        if isinstance(value, np.ndarray):
            return self._filled(value, call)
        if _is_tensor(value):
            import torch

            return torch.from_numpy(self._filled(_array_of(value), call)).to(value.dtype)
        if isinstance(value, bool | int | float):
            fits = not isinstance(value, int) or value in _INT64
            return type(value)(self._filled(np.array(value if fits else 0), call).item())
        if isinstance(value, str | bytes):
            return type(value)()
        return value

    def _filled(self, right: Array, call: Call) -> Array:
        with np.errstate(all="ignore"):
            filled = self._fill(right, call)
            if right.dtype.kind in "iu":
                bounds = np.iinfo(right.dtype)
                filled = np.clip(filled, bounds.min, bounds.max)
            return np.array(filled).astype(right.dtype)


class NoneControl:
    """Answers every call with None: no test may stumble over an answer that is no value at all."""

    def answer(self, call: Call) -> Answer:
        """Return None."""
        del call
        return Answer(kind=AnswerKind.VALUE, value=None)

    def answer_method(self, call: MethodCall) -> Answer:
        """Return None for each."""
        return Answer(kind=AnswerKind.VALUE, value=[None] * len(call.steps))


def _form(value: Any) -> str:
    """Return what two values of one form have in common."""
    if isinstance(value, np.ndarray) or _is_tensor(value):
        return f"{value.dtype}{tuple(value.shape)}"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_form, value))})"
    return repr(value) if isinstance(value, dict) else type(value).__name__


def _leaves(value: Any) -> list[Array]:
    if isinstance(value, np.ndarray):
        return [value]
    if _is_tensor(value):
        return [_array_of(value)]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    return []


def _is_tensor(value: Any) -> bool:
    return type(value).__module__ == "torch" and type(value).__name__ == "Tensor"


def _array_of(tensor: Any) -> Array:
    import torch

    plain: Array = (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()
    return plain
