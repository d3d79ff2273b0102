"""What a batch tells a grading process, and what comes back.

A grading process is started as ``python -m torchgrade.grading FD`` with one end of a stream socket
pair as file descriptor ``FD``. Each message is four bytes of length (big-endian) and that many bytes
of JSON. Both ends are ours: nothing from a student's process passes here undigested.

    batch → process    GradingSetup
    process → batch    Ready, or SetupFailed and the end
    batch → process    Job            (any number, one at a time)
    process → batch    Graded
    batch closes the socket: the process ends and leaves nothing behind
"""

from __future__ import annotations

import socket
import struct

import msgspec

from torchgrade.submission import Student

__all__ = [
    "TEMPORARY_PREFIX",
    "Graded",
    "GradingSetup",
    "Job",
    "Ready",
    "SetupFailed",
    "TestInfo",
    "receive_message",
    "send_message",
]

TEMPORARY_PREFIX = "torchgrade-grading-"
"""Name of the folder for temporary files that an executor gives a grading process as its TMPDIR."""
MESSAGE_LIMIT = 256 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class GradingSetup(msgspec.Struct, frozen=True, kw_only=True, tag="setup"):
    """What all submissions of a batch have in common.

    Attributes:
        content_root: folder that holds ``assignments/`` and ``reference/``.
        assignment: id of the assignment.
        seed: secret seed, 64 hex digits.
        tests: ``"hidden"`` (needs the reference) or ``"public"``.
        sandbox: level to use, or ``"best"``.
        require_sandbox: level below which nothing is graded.
        budgets: whether to measure budgets; otherwise they are out of the total.
        measuring_seconds: how long to measure a budget at the most.
        lane: file that keeps grading processes quiet while one of them measures; empty if there is but one.
    """

    content_root: str
    assignment: str
    seed: str
    tests: str = "hidden"
    sandbox: str = "best"
    require_sandbox: str = "process"
    budgets: bool = True
    measuring_seconds: float = 4.0
    lane: str = ""


class TestInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A test as collected: what a result lists even when nothing ran."""

    __test__ = False

    id: str
    number: int
    title: str
    max_points: str


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready"):
    """The grading process has collected its tests."""

    tests: tuple[TestInfo, ...]
    sandbox: str


class SetupFailed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """The set-up is at fault: a sentence and the exit status for it."""

    message: str
    exit_status: int


class Job(msgspec.Struct, frozen=True, kw_only=True, tag="job"):
    """One submission to grade."""

    submission_id: str
    path: str
    students: tuple[Student, ...] = ()


class Graded(msgspec.Struct, frozen=True, kw_only=True, tag="graded"):
    """One result, as JSON text of ``results.encode_result``."""

    submission_id: str
    result: msgspec.Raw


Message = GradingSetup | Ready | SetupFailed | Job | Graded

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def send_message(link: socket.socket, message: Message) -> None:
    """Send one message whole."""
    body = _ENCODER.encode(message)
    link.sendall(_LENGTH.pack(len(body)) + body)


def receive_message(link: socket.socket) -> Message | None:
    """Receive one message; None if the other end has closed.

    Raises:
        ConnectionError: if the stream ends in the middle of a message.
        msgspec.ValidationError: if the bytes are no message.
    """
    head = _receive(link, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MESSAGE_LIMIT:
        raise ConnectionError(f"a message of {length} bytes is over the limit")
    body = _receive(link, length)
    if body is None:
        raise ConnectionError("the stream ended inside a message")
    return _DECODER.decode(body)


def _receive(link: socket.socket, length: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < length:
        part = link.recv(min(length - len(parts), 1 << 20))
        if not part:
            if parts:
                raise ConnectionError("the stream ended inside a message")
            return None
        parts += part
    return bytes(parts)
