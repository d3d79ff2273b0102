"""Cases: generated inputs of one call, reproducible from a secret seed."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from torchgrade.contract import Hook
from torchgrade.errors import ContentError, did_you_mean
from torchgrade.remote.answers import Call, Step
from torchgrade.wire import Handle
from torchgrade.wire.values import Array
from torchgrade.worker.script import earlier_handle

__all__ = ["Case", "CaseBook", "CaseFunctions", "Draw"]


class Case:
    """Arguments of one call and the category that a student is told.

    Where the hook makes an object, ``then`` says what is done with it; each step's result is compared:
    ``Case("two steps", params=p, lr=0.1).then("step", g).then("step", h).then("parameters")``.

    Args:
        category: what is special about it, in words that give no value away.
        **arguments: values by the contract's argument names.
    """

    def __init__(self, category: str, /, **arguments: Any) -> None:
        self.category = category
        self.arguments = arguments
        self._steps: list[Step] = []
        self._calls: dict[str, Call] = {}

    def then(self, method: str, *arguments: Any, on: int = 0) -> Self:
        """Add a step: a call of a method of the object that the hook makes.

        Args:
            method: its name.
            *arguments: its values; ``case.result(k)`` stands for the result of step k.
            on: number of the object. Each is made, from the same arguments, when a step first names it.
        """
        self._steps.append(Step(method=method, arguments=arguments, on=on))
        return self

    def result(self, step: int) -> Handle:
        """Return what stands for a step's result among the arguments of a later one.

        Args:
            step: from 0; negative ones count from the last.

        Raises:
            IndexError: if there is no such step yet.
        """
        return earlier_handle(range(len(self._steps))[step])

    def call(self, hook: Hook) -> Call:
        """Return the prepared call of ``hook`` with these arguments, the same one each time.

        Raises:
            ContentError: if the argument names are not the hook's.
        """
        if hook.name not in self._calls:
            if set(self.arguments) != set(hook.arguments):
                given = ", ".join(self.arguments)
                raise ContentError(f"case '{self.category}' has ({given}), not {hook.signature}")
            problem = _explain_steps(hook, self._steps)
            if problem:
                raise ContentError(f"case '{self.category}': {problem}")
            values = tuple(self.arguments[name] for name in hook.arguments)
            self._calls[hook.name] = Call(hook, values, steps=tuple(self._steps))
        return self._calls[hook.name]


def _explain_steps(hook: Hook, steps: Sequence[Step]) -> str:
    """Say what is wrong with what shall be done with a hook's object, or nothing."""
    if hook.methods and not steps:
        return f"'{hook.name}' makes an object: say with .then(…) what shall be done with it"
    if steps and not hook.methods:
        return f"'{hook.name}' makes no object on which '{steps[0].method}' could be called"
    for step in steps:
        if step.method not in hook.methods:
            near = did_you_mean(step.method, hook.methods)
            return f"the object of '{hook.name}' has no method '{step.method}'{near}"
    return ""


class Draw:
    """Draws of one test, from the batch's secret seed and the test's name.

    Attributes:
        generator: numpy's generator, for what has no method here.
    """

    def __init__(self, seed: bytes, name: str) -> None:
        material = hashlib.blake2b(name.encode(), key=seed, digest_size=32).digest()
        self.generator = np.random.default_rng(np.frombuffer(material, dtype=np.uint32))

    def normal(self, *shape: int, scale: float = 1.0) -> Array:
        """Return standard normal float64 values times ``scale``."""
        return self.generator.standard_normal(shape) * scale

    def uniform(self, low: float, high: float, *shape: int) -> Array:
        """Return float64 values from [low, high)."""
        return self.generator.uniform(low, high, shape)

    def integers(self, low: int, high: int, *shape: int) -> Array:
        """Return int64 values from low to high - 1."""
        return self.generator.integers(low, high, shape, dtype=np.int64)

    def labels(self, count: int, classes: int) -> Array:
        """Return ``count`` labels, int64, with at least two classes among them where that can be."""
        labels = self.integers(0, classes, count)
        if count > 1 and classes > 1 and np.all(labels == labels[0]):
            labels[-1] = (labels[0] + 1) % classes
        return labels

    def sizes(self, count: int, low: int, high: int) -> tuple[int, ...]:
        """Return sizes from low to high, all different, so that no mixed-up axis goes unnoticed.

        Raises:
            ValueError: if there are not so many.
        """
        if count > high - low + 1:
            raise ValueError(f"there are no {count} different sizes from {low} to {high}")
        return tuple(int(size) for size in self.generator.permutation(np.arange(low, high + 1))[:count])

    def strided(self, array: Array) -> Array:
        """Return a non-contiguous view with the values of ``array``; without axes, the array itself."""
        if not array.shape:
            return array
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
        view = wide[..., ::2]
        view[...] = array
        return view


class CaseFunctions:
    """The functions of the ``cases.py`` of a test folder; cases are made once per test and batch."""

    def __init__(self, folder: Path, seed: bytes) -> None:
        self._seed = seed
        self._made: dict[tuple[str, str, tuple[Any, ...]], list[Case]] = {}
        self._path = folder / "cases.py"
        self._functions = _import_functions(self._path)

    def make(self, test: str, name: str, arguments: tuple[Any, ...]) -> list[Case]:
        """Return the cases that function ``name`` draws for ``test``.

        Raises:
            ContentError: if there is no such function.
        """
        key = (test, name, arguments)
        if key not in self._made:
            if name not in self._functions:
                raise ContentError(
                    f"{self._path} has no function '{name}'{did_you_mean(name, self._functions)}"
                )
            draw = Draw(self._seed, f"{test}:{name}:{arguments!r}")
            self._made[key] = list(self._functions[name](draw, *arguments))
        return self._made[key]


class CaseBook:
    """The ``cases`` fixture of one test: ``cases.affine()`` calls ``affine(draw)`` of ``cases.py``."""

    def __init__(self, functions: CaseFunctions, test: str) -> None:
        self._functions = functions
        self._test = test

    def __getattr__(self, name: str) -> Callable[..., list[Case]]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments: self._functions.make(self._test, name, arguments)


def _import_functions(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    spec = importlib.util.spec_from_file_location(f"torchgrade_cases_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look it up while they are made
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ContentError(f"{path} cannot be imported: {error!r}") from error
    finally:
        del sys.modules[spec.name]
    return {name: value for name, value in vars(module).items() if inspect.isfunction(value)}
