"""One worker, seen from the grader: send a request, wait no longer than allowed, believe nothing."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import msgspec
from msgspec.structs import replace

from torchgrade.errors import InternalError
from torchgrade.remote.answers import Answer, AnswerKind, Call, Step, changed_arguments, raised_from
from torchgrade.remote.cgroups import Group
from torchgrade.wire import (
    Bounds,
    Frame,
    Handle,
    Link,
    Packed,
    WireClosedError,
    WireError,
    WireTimeoutError,
    pack,
    pack_named,
    unpack,
)
from torchgrade.worker.config import HELD, HOLD, LET_RUN, TOO_MUCH_MEMORY, ExitReport, receive_block

__all__ = ["Loaded", "RemoteWorker"]

START_SECONDS = 60.0
END_SECONDS = 10.0
# Between the closing of a process's sockets and its end.
EXIT_SECONDS = 1.0
NONCE_BYTES = 8
DETAIL_CHARACTERS = 2_000
PROGRESS_CHARACTERS = 200
_NOTHING = Answer(kind=AnswerKind.VALUE)
_REPLIES = {"load": "loaded", **dict.fromkeys(("call", "script", "replay", "methods", "allocated"), "value")}
_PONG = "pong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a worker says of the modules that it imported.

    Attributes:
        problems: pairs of hook name (or ``""``) and a sentence for the student.
    """

    usable: frozenset[str]
    problems: tuple[tuple[str, str], ...]


Name = Annotated[str, msgspec.Meta(max_length=200)]
Sentence = Annotated[str, msgspec.Meta(max_length=DETAIL_CHARACTERS)]


class _LoadedReply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    usable: Annotated[tuple[Name, ...], msgspec.Meta(max_length=1_000)]
    problems: Annotated[tuple[tuple[Name, Sentence], ...], msgspec.Meta(max_length=1_000)]


class _Wait(msgspec.Struct, frozen=True):
    """How long a reply may take: the time allowed, its end (monotonic), and when it began."""

    seconds: float
    deadline: float
    started: float


class RemoteWorker:
    """The grader's end of one worker.

    Its methods raise InternalError if the worker could not be started or a request cannot be sent:
    neither is the submission's fault.

    Attributes:
        alive: whether it can be asked anything.
        on_progress: called with each text that it reports while a call is under way.
        peaks_bytes: once it has ended, the most memory that it and all that it started held: one figure of
            its control group; without one, that of the largest process and of all that was seen together.

    After an answer of kind ``TIMEOUT``, ``DIED`` or ``OUT_OF_MEMORY`` the worker is of no more use:
    ``alive`` is False.
    """

    def __init__(
        self,
        data: socket.socket,
        leash: socket.socket,
        bounds: Bounds,
        *,
        tensors: bool,
        group: Group | None = None,
    ) -> None:
        self._link = Link(data, bounds, watch=leash.fileno())
        self._leash = leash
        self._tensors = tensors
        self._group = group
        self._ran_out_of_memory = False
        self._report: ExitReport | None = None
        self.peaks_bytes: tuple[int, ...] = ()
        self.on_progress: Callable[[str], None] | None = None
        self._ready = False
        self._ahead: tuple[Call, bytes] | None = None
        self.alive = True

    def load(self, files: Mapping[str, bytes], entries: Sequence[str], seconds: float) -> Loaded | Answer:
        """Send the files and have the entries imported.

        Returns:
            What can be called, or the answer that tells why nothing can.
        """
        request = pack_named([("the files", dict(files)), ("the entries", list(entries))])
        answer = self._ask("load", request, seconds, self._read_loaded)
        return answer.value if answer.kind is AnswerKind.VALUE else answer

    def call(self, call: Call, seconds: float, following: Call | None = None) -> Answer:
        """Call a hook and wait at most ``seconds`` for its answer.

        Args:
            call: what to call.
            seconds: time allowed.
            following: the call that will be made next, if known: a small one is sent already while
                this one is under way, so that the worker need not fall asleep in between.
        """

        def read(frame: Frame) -> Answer:
            return self._read_value(call, frame)

        started = time.perf_counter()
        deadline = time.monotonic() + seconds
        nonce = self._take_ahead(call, deadline)
        if nonce is None:
            nonce = os.urandom(NONCE_BYTES)
            failure = self._request(call.kind, nonce, call.packed, seconds)
            if failure is not None:
                return failure
        if following is not None:
            self._send_ahead(following, deadline)
        return self._reply(call.kind, nonce, read, _Wait(seconds, deadline, started))

    def keep(self, seconds: float) -> Answer:
        """Have the worker keep the value of each call until the next, for ``replay``."""
        return self._ask("keep", pack(None), seconds, _read_pong)

    def spare(self, seconds: float) -> Answer:
        """Have the worker return to the system what it frees, so that what it holds is what it uses."""
        return self._ask("spare", pack(None), seconds, _read_pong)

    def replay(self, call: Call, seconds: float) -> Answer:
        """Take all the ways of a call but the call itself: the answer is that of the last one, if kept."""
        return self._ask("replay", call.packed, seconds, lambda frame: self._read_value(None, frame))

    def settle(self, seconds: float, device: str = "") -> Answer:
        """Have the worker collect its garbage, on a device too."""
        return self._ask("settle", _named_device(device), seconds, _read_pong)

    def attempt(self, device: str, seconds: float) -> Answer:
        """Have the worker use a device once, which makes the driver ready; tells whether it could."""
        return self._ask("attempt", _named_device(device), seconds, _read_pong)

    def allocated_bytes(self, device: str, seconds: float) -> int:
        """Return the most that torch's allocator held on a device, in the worker's words; 0 without any."""
        request = _named_device(device)
        answer = self._ask("allocated", request, seconds, lambda frame: self._read_value(None, frame))
        return answer.value if type(answer.value) is int and answer.value > 0 else 0

    @property
    def counts_all(self) -> bool:
        """Whether its control group will tell the most memory that it held, files included."""
        return self._group is not None and self._group.tells_peak

    def hold(self) -> bool:
        """Stop the worker and all that it started; tells whether it is so. It can be asked nothing then."""
        return self._tell_keeper(HOLD)

    def let_run(self) -> bool:
        """Let go on what ``hold`` has stopped; tells whether it is so."""
        return self._tell_keeper(LET_RUN)

    def call_methods(self, handle: Handle, steps: Sequence[Step], seconds: float) -> Answer:
        """Call methods of an object that stays in the worker; the value is the list of their results."""
        told: list[str | int] = []
        parts: list[tuple[str, object]] = [("the handle", handle), ("the steps", told)]
        for step in steps:
            count = len(step.arguments)
            told += (step.method, count)
            parts += zip(_argument_names(step.method, count), step.arguments, strict=True)

        def read(frame: Frame) -> Answer:
            answer = self._read_value(None, frame)
            if type(answer.value) is not list or len(answer.value) != len(steps):
                raise WireError("a reply holds another number of results than was asked for")
            return answer

        return self._ask("methods", pack_named(parts), seconds, read)

    def release(self, handles: Sequence[Handle], seconds: float) -> Answer:
        """Let the worker forget objects of which nobody will ask again; their handles are void then."""
        return self._ask("release", pack(list(handles)), seconds, _read_pong)

    def ping(self, seconds: float) -> float:
        """Return the seconds of an empty round trip.

        Raises:
            InternalError: if there is no answer.
        """
        answer = self._ask("ping", pack(None), seconds, _read_pong)
        if answer.kind is not AnswerKind.VALUE:
            raise InternalError(f"a worker does not answer: {answer.detail}")
        return answer.wall_seconds

    def end(self, *, patience_seconds: float = 0.0) -> ExitReport | None:
        """End the worker and all that it started.

        Args:
            patience_seconds: how long it may take to end by itself, so that its exit status is told.

        Returns:
            The report of its keeper, None if there is none.
        """
        if self._report is not None or self._leash.fileno() < 0:
            return self._report
        self.alive = False
        self._link.close()
        try:
            if patience_seconds:
                select.select([self._leash], [], [], patience_seconds)
            self._leash.settimeout(END_SECONDS)
            self._leash.shutdown(socket.SHUT_WR)
            block = receive_block(self._leash)
            if block is not None:
                self._report = msgspec.msgpack.decode(block, type=ExitReport)
        except (OSError, msgspec.DecodeError, ValueError, RecursionError):
            self._report = None  # the keeper was killed with its worker
        finally:
            self._leash.close()
            if self._report is not None:
                self.peaks_bytes = (self._report.peak_bytes, self._report.together_bytes)
            if self._group is not None:
                self._ran_out_of_memory = self._group.ran_out_of_memory
                if self._group.tells_peak:
                    self.peaks_bytes = (self._group.peak_bytes,)
                self._group.end()
        return self._report

    def _tell_keeper(self, word: bytes) -> bool:
        if not self.alive:
            return False
        try:
            self._leash.sendall(word)
            ready, _, _ = select.select([self._leash], [], [], END_SECONDS)
            # A keeper whose worker has just ended says how instead.
            if not ready or self._leash.recv(1, socket.MSG_PEEK) != HELD:
                return False
            return self._leash.recv(1) == HELD
        except OSError:
            return False

    def _ask(self, kind: str, request: Packed, seconds: float, read: Callable[[Frame], Answer]) -> Answer:
        nonce = os.urandom(NONCE_BYTES)
        started = time.perf_counter()
        deadline = time.monotonic() + seconds
        self._take_ahead(None, deadline)
        failure = self._request(kind, nonce, request, seconds)
        if failure is not None:
            return failure
        return self._reply(kind, nonce, read, _Wait(seconds, deadline, started))

    def _request(self, kind: str, nonce: bytes, request: Packed, seconds: float) -> Answer | None:
        """Send a request; returns the answer that tells why it could not be, if so."""
        if self.alive and not self._ready:
            self._greet()
        started = time.perf_counter()
        try:
            self._send(kind, nonce, request, time.monotonic() + seconds)
        except WireTimeoutError:
            return self._late(seconds, started)
        except WireClosedError:
            return self._died(started)
        return None

    def _send_ahead(self, call: Call, deadline: float) -> None:
        nonce = os.urandom(NONCE_BYTES)
        try:
            if self._link.send_ahead(call.kind, nonce, call.packed, deadline=deadline):
                self._ahead = (call, nonce)
        except WireError:
            return  # whatever it is, the call that is under way will tell

    def _take_ahead(self, call: Call | None, deadline: float) -> bytes | None:
        """Return the nonce under which this very call was sent ahead; pass over the answer to another."""
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return None
        if ahead[0] is call:
            return ahead[1]
        seconds = deadline - time.monotonic()
        self._reply("call", ahead[1], lambda _: _NOTHING, _Wait(seconds, deadline, time.perf_counter()))
        return None

    def _reply(self, kind: str, nonce: bytes, read: Callable[[Frame], Answer], wait: _Wait) -> Answer:
        started = wait.started
        try:
            frame = self._link.receive(deadline=wait.deadline)
            while frame.kind == "progress":
                self._hear(frame)
                frame = self._link.receive(deadline=wait.deadline)
            wall_seconds = time.perf_counter() - started
            _check_nonce(frame, nonce)
            answer = read(frame) if frame.kind == _REPLIES.get(kind, _PONG) else self._read_failure(frame)
        except WireTimeoutError:
            return self._late(wait.seconds, started)
        except WireClosedError:
            return self._died(started)
        except (WireError, TypeError, ValueError) as error:
            self.alive = False
            detail = f"its reply was not one that the grader understands: {str(error)[:DETAIL_CHARACTERS]}"
            return Answer(kind=AnswerKind.DIED, detail=detail, wall_seconds=time.perf_counter() - started)
        return replace(answer, wall_seconds=wall_seconds)

    def _hear(self, frame: Frame) -> None:
        """Pass on what the worker tells of its progress: any text, believed by nobody."""
        text = unpack(frame.tree, frame.arrays)
        if self.on_progress is not None and isinstance(text, str):
            self.on_progress(text[:PROGRESS_CHARACTERS])

    def _late(self, seconds: float, started: float) -> Answer:
        self.alive = False
        detail = f"no answer within {seconds:.3g} s"
        return Answer(kind=AnswerKind.TIMEOUT, detail=detail, wall_seconds=time.perf_counter() - started)

    def _greet(self) -> None:
        """Wait for the worker's first frame, which it sends before any of a student's code is there."""
        try:
            frame = self._link.receive(deadline=time.monotonic() + START_SECONDS)
            self._ready = frame.kind == "ready"
        except WireError as error:
            report = self.end()
            told = "" if report is None else report.stderr.decode(errors="replace")
            raise InternalError(f"a worker could not be started: {error}; {told}".rstrip("; ")) from error

    def _send(self, kind: str, nonce: bytes, request: Packed, deadline: float) -> None:
        try:
            self._link.send(kind, nonce, request, deadline=deadline)
        except (WireTimeoutError, WireClosedError):
            raise
        except WireError as error:
            raise InternalError(f"a request '{kind}' cannot be sent: {error}") from error

    def _died(self, started: float) -> Answer:
        wall_seconds = time.perf_counter() - started
        self.alive = False
        report = self.end(patience_seconds=EXIT_SECONDS)
        if self._ran_out_of_memory or (report is not None and report.misdeed == TOO_MUCH_MEMORY):
            return Answer(kind=AnswerKind.OUT_OF_MEMORY, detail=TOO_MUCH_MEMORY, wall_seconds=wall_seconds)
        return Answer(kind=AnswerKind.DIED, detail=_describe_end(report), wall_seconds=wall_seconds)

    def _read_loaded(self, frame: Frame) -> Answer:
        reply = msgspec.convert(unpack(frame.tree, frame.arrays), _LoadedReply)
        loaded = Loaded(usable=frozenset(reply.usable), problems=reply.problems)
        return Answer(kind=AnswerKind.VALUE, value=loaded)

    def _read_value(self, call: Call | None, frame: Frame) -> Answer:
        if type(frame.tree) is not list:
            raise WireError("a reply holds no values")
        _, *arguments, value = frame.tree
        changed: tuple[str, ...] = ()
        if call is not None and call.echo:
            changed = changed_arguments(call, arguments, frame.arrays, tensors=self._tensors)
        return Answer(
            kind=AnswerKind.VALUE,
            value=unpack(value, frame.arrays, tensors=self._tensors),
            changed=changed,
        )

    @staticmethod
    def _read_failure(frame: Frame) -> Answer:
        told = unpack(frame.tree, frame.arrays)
        if frame.kind == "raised":
            return Answer(kind=AnswerKind.RAISED, raised=raised_from(told))
        if frame.kind == "unsendable":
            detail = msgspec.convert(told, str)
            return Answer(kind=AnswerKind.UNSENDABLE, detail=detail[:DETAIL_CHARACTERS])
        raise WireError(f"a reply of unknown kind {frame.kind!r}")


@lru_cache(maxsize=256)
def _argument_names(method: str, count: int) -> tuple[str, ...]:
    """Return what errors call the arguments of a method: asked thousands of times a second."""
    return tuple(f"argument {index} of `{method}`" for index in range(count))


def _named_device(device: str) -> Packed:
    return pack_named([("the device", device)])


def _read_pong(frame: Frame) -> Answer:
    if frame.tree is not None:
        raise WireError("a reply holds more than it should")
    return Answer(kind=AnswerKind.VALUE)


def _check_nonce(frame: Frame, nonce: bytes) -> None:
    if frame.nonce != nonce:
        raise WireError("it answered something that was not asked")


def _describe_end(report: ExitReport | None) -> str:
    if report is not None and report.misdeed:
        return f"the process was ended because {report.misdeed}"
    status = None if report is None else report.status
    if status is None:
        return "the process ended without an answer"
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return f"the process was ended by {name}"
    return f"the process ended itself with exit status {status}"
