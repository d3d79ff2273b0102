"""A prepared call, and what came of it."""

from __future__ import annotations

import enum
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Protocol, runtime_checkable

import msgspec

from torchgrade.contract import Hook
from torchgrade.wire import Handle, Packed, WireError, pack, pack_named, unpack
from torchgrade.wire.values import Array

__all__ = [
    "Answer",
    "AnswerKind",
    "Call",
    "CodeFrame",
    "HoldsObjects",
    "Implementation",
    "LooksAhead",
    "MethodCall",
    "Raised",
    "Step",
    "changed_arguments",
    "raised_from",
]


# A request's tree: tag, hook, echo, device, arguments; before these the steps, if any.
ARGUMENTS = 4
# A worker may claim any number, of thousands of digits even.
LAST_LINE = 10_000_000


class AnswerKind(enum.Enum):
    """What came of a call."""

    VALUE = "value"
    RAISED = "raised"
    UNSENDABLE = "unsendable"
    TIMEOUT = "timeout"
    DIED = "died"
    OUT_OF_MEMORY = "out of memory"
    MISSING = "missing"
    OUT_OF_TIME = "out of time"


class CodeFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a submission's own code in a traceback."""

    file: str
    line: int
    function: str
    source: str


class Raised(msgspec.Struct, frozen=True, kw_only=True):
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


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one call. Only ``VALUE`` holds a value, and a value is never a verdict.

    Attributes:
        detail: a sentence for ``UNSENDABLE``, ``DIED``, ``OUT_OF_MEMORY``, ``TIMEOUT``, ``MISSING``.
        changed: names of arguments that differ after the call.
        wall_seconds: round trip.
    """

    kind: AnswerKind
    value: Any = None
    raised: Raised | None = None
    detail: str = ""
    changed: tuple[str, ...] = ()
    wall_seconds: float = 0.0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a method of an object that a hook has made.

    Attributes:
        on: number of the object; each number stands for one that is made from the same arguments.
        arguments: values; ``earlier_handle(k)`` stands for the result of step k.
    """

    method: str
    arguments: tuple[Any, ...]
    on: int = 0


@dataclass(frozen=True)
class Call:
    """A call of one hook, packed once and sent to as many implementations as wanted.

    Attributes:
        hook: whose name and argument names are used.
        arguments: values in the contract's order. Nobody may write into them.
        echo: whether the arguments come back after the call, to see whether they were changed.
        steps: what is done with the object that the hook makes; the answer then holds each step's result.
        device: where the tensors of the arguments are moved first, such as ``cuda``; empty for nowhere.
    """

    hook: Hook
    arguments: tuple[Any, ...]
    echo: bool = True
    steps: tuple[Step, ...] = ()
    device: str = ""

    @property
    def kind(self) -> str:
        """The kind of the request."""
        return "script" if self.steps else "call"

    @property
    def named_arguments(self) -> tuple[tuple[str, Any], ...]:
        """All values that are sent, with names for people."""
        named = [*zip(self.hook.arguments, self.arguments, strict=True)]
        for step, label in zip(self.steps, self.labels, strict=True):
            named += [(f"argument {n} of {label}", value) for n, value in enumerate(step.arguments, start=1)]
        return tuple(named)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What each step is called: ``step(), call 3``."""
        counts: Counter[tuple[int, str]] = Counter()
        found = []
        for step in self.steps:
            counts[step.on, step.method] += 1
            whose = f" of object {step.on + 1}" if step.on else ""
            found.append(f"{step.method}(){whose}, call {counts[step.on, step.method]}")
        return tuple(found)

    @property
    def result_names(self) -> tuple[str, ...]:
        """Names of the parts of the answer."""
        return self.labels or self.hook.result_names

    @cached_property
    def packed(self) -> Packed:
        """The request as the wire takes it."""
        parts = [(f"the argument `{name}`", value) for name, value in self.named_arguments]
        head: list[tuple[str, object]] = [("the hook", self.hook.name), ("the echo", self.echo)]
        head.append(("the device", self.device))
        if self.steps:
            steps = [(step.on, step.method, len(step.arguments)) for step in self.steps]
            head.append(("the steps", steps))
        return pack_named([*head, *parts])

    @property
    def sent_trees(self) -> Sequence[Any]:
        """The packed arguments, without what comes before them."""
        trees: Sequence[Any] = self.packed.tree[ARGUMENTS + bool(self.steps) :]
        return trees

    @cached_property
    def key(self) -> bytes:
        """A hash of hook and arguments: equal keys, equal calls."""
        digest = hashlib.blake2b(repr(self.packed.tree).encode(errors="replace"), digest_size=20)
        for array in self.packed.arrays:
            digest.update(f"{array.dtype}{array.shape}{array.strides}".encode())
            digest.update(array.tobytes())
        return digest.digest()


@runtime_checkable
class LooksAhead(Protocol):
    """An implementation that likes to know the call after the next."""

    def expect(self, call: Call | None) -> None:
        """Note which call will follow the next one."""
        ...


class MethodCall(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of methods of an object that stays with the implementation, one after the other.

    The answer's value is the list of their results.

    Attributes:
        hook: that made the object.
        handle: of the object, as the answer to the hook's call told it.
        steps: at least one.
    """

    hook: Hook
    handle: Handle
    steps: tuple[Step, ...]


@runtime_checkable
class HoldsObjects(Protocol):
    """An implementation whose objects can be asked."""

    def answer_method(self, call: MethodCall) -> Answer:
        """Return what came of the calls. Never raises for a fault of the implementation."""
        ...


class Implementation(Protocol):
    """Anything that answers calls: submission, reference, mutant, alternative, control."""

    def answer(self, call: Call) -> Answer:
        """Return what came of the call. Never raises for a fault of the implementation."""
        ...


def changed_arguments(
    call: Call, trees: Sequence[Any], arrays: Sequence[Array], *, tensors: bool
) -> tuple[str, ...]:
    """Compare a reply's echo with what was sent.

    Args:
        call: what was sent.
        trees: each argument after the call, packed.
        arrays: arrays of the reply.
        tensors: whether torch tensors may occur.

    Returns:
        Names of the arguments that differ.

    Raises:
        WireError: if the echo is malformed.
    """
    if len(trees) != len(call.sent_trees):
        raise WireError("a reply holds another number of arguments than its call")
    sent = call.packed
    # repr tells 1 from 1.0 and True, and 0.0 from -0.0, and takes NaN for itself.
    if repr(trees) == repr(call.sent_trees) and len(sent.arrays) <= len(arrays):
        pairs = zip(sent.arrays, arrays, strict=False)
        if all(_same_array(before, after) for before, after in pairs):
            return ()
    return tuple(
        name
        for (name, before), tree in zip(call.named_arguments, trees, strict=True)
        if not _same_value(before, unpack(tree, arrays, tensors=tensors))
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


Name = Annotated[str, msgspec.Meta(max_length=200)]


class _RaisedReply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    types: Annotated[tuple[Name, ...], msgspec.Meta(max_length=16)]
    message: Annotated[str, msgspec.Meta(max_length=2_000)]
    frames: Annotated[tuple[tuple[Name, int, Name, Name], ...], msgspec.Meta(max_length=12)]


def raised_from(data: object) -> Raised:
    """Read the ``raised`` reply of a worker.

    Raises:
        msgspec.ValidationError: if it has another form; the caller treats that as a lie.
    """
    reply = msgspec.convert(data, _RaisedReply)
    frames = tuple(
        CodeFrame(file=file, line=line if 0 <= line <= LAST_LINE else 0, function=function, source=source)
        for file, line, function, source in reply.frames
    )
    return Raised(types=reply.types, message=reply.message, frames=frames)
