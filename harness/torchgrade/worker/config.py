"""What the grader tells a zygote at its start, and a keeper's last words."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence

import msgspec

__all__ = [
    "CONTENT_FAULT",
    "FORK",
    "HELD",
    "HOLD",
    "LET_RUN",
    "MOST_CORES",
    "NO_CORE",
    "TOO_MUCH_MEMORY",
    "Confinement",
    "ExitReport",
    "ZygoteConfig",
    "cores_in",
    "fork_request",
    "receive_block",
    "send_block",
]

_LENGTH = struct.Struct(">I")
MOST_CORES = 8
FORK = struct.Struct(f">{MOST_CORES}h")
"""A request for a worker: the cores that it may use, filled up with ``NO_CORE``; any, if there are none."""
NO_CORE = -1
HOLD, LET_RUN, HELD = b"h", b"r", b"+"
"""On a leash: hold the worker and all that it started; let them run again; a keeper's word that it is so."""
BLOCK_LIMIT = 16 * 1024 * 1024
CONTENT_FAULT = b"content: "
"""How a zygote's answer begins if the assignment is at fault."""
TOO_MUCH_MEMORY = (
    "it used more memory than its submission may, all its processes and files in memory together"
)
"""The misdeed for which a keeper ends a worker where no control group does."""


class Confinement(msgspec.Struct, frozen=True, kw_only=True):
    """How each worker of a zygote is held, beside its limits.

    Attributes:
        namespaces: whether it gets namespaces of its own.
        readable: paths below which it may read and execute, its own folder aside; None for whatever
            its user may.
        listable: folders of which it may learn the names in them, and below them.
        system_calls: program of the filter that it puts on last; empty for none.
        users: first and number of the user ids of which each worker gets one; None to stay who the zygote is.
        capability: the one that it keeps to read ``readable`` although its user could not.
        devices: files of a GPU that it may read, write and control. With any, it sees itself in ``/proc``,
            where the driver writes, and its address space is not bounded: the driver reserves terabytes.
    """

    namespaces: bool = False
    readable: tuple[str, ...] | None = None
    listable: tuple[str, ...] = ()
    system_calls: bytes = b""
    users: tuple[int, int] | None = None
    capability: int | None = None
    devices: tuple[str, ...] = ()


class ZygoteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a zygote, its keepers and its workers need to know: nothing of it is secret.

    Attributes:
        preload: modules imported before the first fork.
        off_limits, off_limits_ops: names and operators that raise in the workers.
        contract_source, contract_filename: the assignment's ``contract.py``.
        tensors: whether torch tensors may cross the wire.
        confinement: how they are held.
        scratch: folder in which a worker's files lie.
        temporary: folder that the zygote removes at its end, if any.
        memory_bytes, cpu_seconds, file_bytes, open_files, processes: limits of one worker.
        output_bytes: how much of stdout and of stderr is kept.
    """

    preload: tuple[str, ...]
    off_limits: tuple[str, ...] = ()
    off_limits_ops: tuple[str, ...] = ()
    contract_source: str
    contract_filename: str
    tensors: bool
    confinement: Confinement
    scratch: str
    temporary: str | None
    memory_bytes: int
    cpu_seconds: int
    file_bytes: int
    open_files: int
    processes: int
    output_bytes: int = 65_536


class ExitReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker ended, told by its keeper.

    Attributes:
        status: exit status; negative if a signal ended it; None if the keeper had to.
        misdeed: what the keeper ended it for, if for something that it did.
        cpu_seconds: user and system time of the worker and what it waited for.
        peak_bytes: largest resident size of one process.
        together_bytes: the most that all processes together were seen to hold; 0 if nobody looked.
        stdout, stderr: the beginning of what was written.
        stdout_bytes, stderr_bytes: how much was written in all.
    """

    status: int | None
    misdeed: str = ""
    cpu_seconds: float
    peak_bytes: int
    together_bytes: int = 0
    stdout: bytes
    stderr: bytes
    stdout_bytes: int
    stderr_bytes: int


def fork_request(cores: Sequence[int]) -> bytes:
    """Return the request for a worker that shall use these cores only; any, if there are none."""
    return FORK.pack(*cores, *(NO_CORE for _ in range(MOST_CORES - len(cores))))


def cores_in(request: bytes) -> frozenset[int]:
    """Return what ``fork_request`` was given."""
    return frozenset(FORK.unpack(request)) - {NO_CORE}


def send_block(link: socket.socket, data: bytes) -> None:
    """Send a length and that many bytes."""
    link.sendall(_LENGTH.pack(len(data)) + data)


def receive_block(link: socket.socket) -> bytes | None:
    """Receive what ``send_block`` sent; None if the other end closed or sent too much."""
    head = _receive(link, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    return _receive(link, length) if length <= BLOCK_LIMIT else None


def _receive(link: socket.socket, length: int) -> bytes | None:
    data = bytearray()
    while len(data) < length:
        part = link.recv(length - len(data))
        if not part:
            return None
        data += part
    return bytes(data)
