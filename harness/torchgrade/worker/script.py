"""A script: objects that a hook makes, and calls of their methods, one after the other in one request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from torchgrade.wire import Handle

__all__ = ["Earlier", "earlier_handle", "play", "resolver", "snapshot"]


@dataclass(frozen=True, slots=True)
class Earlier:
    """Stands among a step's arguments for the result of an earlier step."""

    step: int


def earlier_handle(step: int) -> Handle:
    """Return what stands for the result of a step on the wire: a handle that no object has."""
    return Handle(-1 - step)


def resolver(resolve: Callable[[Handle], object]) -> Callable[[Handle], object]:
    """Return what resolves the handles of a script's arguments."""
    return lambda handle: Earlier(-1 - handle.number) if handle.number < 0 else resolve(handle)


def play(
    make: Callable[[Sequence[Any]], object],
    arguments: Sequence[Any],
    steps: Sequence[tuple[int, str, int]],
    step_arguments: Sequence[Any],
) -> list[Any]:
    """Make objects and call their methods.

    An object is made when a step first names it, each from its own copy of the arguments, so that none
    shares anything with another by our fault.

    Args:
        make: calls the hook.
        arguments: of the hook. The first object gets these, not a copy: whether it changes them is seen.
        steps: number of the object, method, number of arguments.
        step_arguments: of all steps, one after the other.

    Returns:
        The result of each step, as it was when the step ended.
    """
    spare = copy.deepcopy(list(arguments)) if any(number for number, *_ in steps) else []
    objects: dict[int, object] = {}
    results: list[Any] = []
    begin = 0
    for number, method, count in steps:
        if number not in objects:
            objects[number] = make(copy.deepcopy(spare) if number else arguments)
        given = step_arguments[begin : begin + count]
        begin += count
        taken = [snapshot(results[each.step]) if isinstance(each, Earlier) else each for each in given]
        results.append(snapshot(getattr(objects[number], method)(*taken)))
    return results


def snapshot(value: Any) -> Any:
    """Return a copy of what may be changed later: arrays and tensors, in whatever holds them."""
    if type(value) in {list, tuple}:
        return type(value)(snapshot(item) for item in value)
    if type(value) is dict:
        return {key: snapshot(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    if type(value).__module__ == "torch" or type(value).__module__.startswith("torch.nn.parameter"):
        return value.detach().clone() if hasattr(value, "detach") else value
    return value
