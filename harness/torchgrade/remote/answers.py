"""A prepared call, and what came of it."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from torchgrade.contract import Hook
from torchgrade.wire import Packed, pack, unpack
from torchgrade.wire.values import Array

__all__ = [
    "Answer",
    "AnswerKind",
    "Call",
    "CodeFrame",
    "Implementation",
    "Raised",
    "changed_arguments",
    "raised_from",
]


class AnswerKind(enum.Enum):
    """What came of a call."""

    VALUE = "value"
    RAISED = "raised"
    UNSENDABLE = "unsendable"
    TIMEOUT = "timeout"
    DIED = "died"
    MISSING = "missing"
    OUT_OF_TIME = "out of time"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFrame:
    """One line of a submission's own code in a traceback."""

    file: str
    line: int
    function: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception of a submission, as text.

    Attributes:
        types: names of its class and its bases, nearest first.
    """

    types: tuple[str, ...]
    message: str
    frames: tuple[CodeFrame, ...] = ()

    @property
    def type(self) -> str:
        """Name of the class."""
        return self.types[0] if self.types else "exception"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one call. Only ``VALUE`` holds a value, and a value is never a verdict.

    Attributes:
        detail: a sentence for ``UNSENDABLE``, ``DIED``, ``TIMEOUT``, ``MISSING``.
        changed: names of arguments that differ after the call.
        wall_seconds: round trip.
    """

    kind: AnswerKind
    value: Any = None
    raised: Raised | None = None
    detail: str = ""
    changed: tuple[str, ...] = ()
    wall_seconds: float = 0.0


@dataclass(frozen=True)
class Call:
    """A call of one hook, packed once and sent to as many implementations as wanted.

    Attributes:
        hook: whose name and argument names are used.
        arguments: values in the contract's order. Nobody may write into them.
        echo: whether the arguments come back after the call, to see whether they were changed.
    """

    hook: Hook
    arguments: tuple[Any, ...]
    echo: bool = True

    @cached_property
    def packed(self) -> Packed:
        """The request as the wire takes it."""
        return pack([self.hook.name, list(self.arguments), self.echo])

    @cached_property
    def key(self) -> bytes:
        """A hash of hook and arguments: equal keys, equal calls."""
        digest = hashlib.blake2b(repr(self.packed.tree).encode(errors="replace"), digest_size=20)
        for array in self.packed.arrays:
            digest.update(f"{array.dtype}{array.shape}{array.strides}".encode())
            digest.update(array.tobytes())
        return digest.digest()


class Implementation(Protocol):
    """Anything that answers calls: submission, reference, mutant, alternative, control."""

    def answer(self, call: Call) -> Answer:
        """Return what came of the call. Never raises for a fault of the implementation."""
        ...


def changed_arguments(call: Call, tree: Sequence[Any], arrays: Sequence[Array]) -> tuple[str, ...]:
    """Compare a reply's echo with what was sent.

    Args:
        call: what was sent.
        tree: packed arguments after the call.
        arrays: arrays of the reply.

    Returns:
        Names of the arguments that differ.
    """
    sent = call.packed.tree[2]
    count = len(call.packed.arrays)
    if tree == sent and all(
        _same_array(before, after) for before, after in zip(call.packed.arrays, arrays[:count], strict=False)
    ):
        return ()
    before = call.arguments
    after = unpack(tree, arrays, tensors=True)
    if type(after) is not list or len(after) != len(before):
        return call.hook.arguments
    return tuple(
        name
        for name, old, new in zip(call.hook.arguments, before, after, strict=True)
        if not _same_value(old, new)
    )


def _same_value(before: object, after: object) -> bool:
    old, new = pack(before), pack(after)
    same_tree = repr(old.tree) == repr(new.tree)
    return (
        same_tree
        and len(old.arrays) == len(new.arrays)
        and all(_same_array(*pair) for pair in zip(old.arrays, new.arrays, strict=True))
    )


def _same_array(before: Array, after: Array) -> bool:
    return before.dtype == after.dtype and before.shape == after.shape and before.tobytes() == after.tobytes()


def raised_from(data: Mapping[str, Any]) -> Raised:
    """Read the ``raised`` reply of a worker.

    Raises:
        TypeError, KeyError, ValueError: if it has another form; the caller treats that as a lie.
    """
    frames = tuple(
        CodeFrame(file=str(file), line=int(line), function=str(function), source=str(source))
        for file, line, function, source in data["frames"]
    )
    return Raised(
        types=tuple(str(name) for name in data["types"]), message=str(data["message"]), frames=frames
    )
