"""The keeper of one worker: captures its output, and ends it with everything that it started.

The grader holds the other end of the keeper's leash, the zygote that of its lifeline. When either
closes, for whatever reason, the worker is killed; when the worker ends, the keeper says how on the
leash and ends too.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from torchgrade.worker import linux
from torchgrade.worker.config import (
    HELD,
    HOLD,
    LET_RUN,
    TOO_MUCH_MEMORY,
    ExitReport,
    ZygoteConfig,
    send_block,
)
from torchgrade.worker.confine import choose_user, confine
from torchgrade.worker.halt import Halt
from torchgrade.worker.limits import Held, held_already, set_limits
from torchgrade.worker.memory import Memory
from torchgrade.worker.patrol import Look, Patrol, folder_look
from torchgrade.worker.processes import children_of
from torchgrade.worker.removal import remove_tree

__all__ = ["Ends", "keep"]

_CHUNK = 1 << 16
_DRAIN_ROUNDS = 4_096

Serve = Callable[[socket.socket, str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What connects a keeper with others.

    Attributes:
        data: the worker's end of the wire; closed here once the worker has it.
        leash: the keeper's end of the leash.
        lifeline: descriptor that becomes readable when the zygote has ended.
        groups: descriptors; who writes ``0`` to one enters a control group. For the worker alone.
        cores: the only ones that the worker and all that it starts may use; any, if none.
    """

    data: socket.socket
    leash: socket.socket
    lifeline: int
    groups: tuple[int, ...] = ()
    cores: frozenset[int] = frozenset()

    def obey(self, descriptor: int, halt: Halt, worker: int) -> str | None:
        """Do what leash or lifeline, now readable, asks.

        Returns:
            None unless the worker must end; then for which misdeed, ``""`` if for none.
        """
        word = b"" if descriptor == self.lifeline else self.leash.recv(1)
        if word not in {HOLD, LET_RUN}:
            return ""
        misdeed = halt.stop(worker) if word == HOLD else halt.let_go(worker)
        if misdeed:
            return misdeed
        self.leash.sendall(HELD)
        return None

    def close_groups(self) -> None:
        """Close what leads into the control groups."""
        for group in self.groups:
            os.close(group)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a worker runs: its folder, its user id if it gets another, what it holds from its zygote.

    ``halt`` and ``memory`` are its keeper's: nothing that a worker should have.
    """

    folder: str
    user: int | None
    held: Held
    halt: Halt
    memory: Memory | None


class _Capture:
    """Reads a pipe and keeps its beginning."""

    def __init__(self, keep_bytes: int) -> None:
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        self.kept = bytearray()
        self.total = 0
        self._keep_bytes = keep_bytes

    def read(self) -> bool:
        """Take what is there now; False at the end or if there is nothing."""
        try:
            data = os.read(self.reader, _CHUNK)
        except BlockingIOError:
            return False
        self.total += len(data)
        self.kept += data[: self._keep_bytes - len(self.kept)]
        return bool(data)

    def read_on(self, poll: select.poll, event: int) -> None:
        """Take what a poll has told of; at the end have it tell no more."""
        if not self.read() and not event & select.POLLIN:
            poll.unregister(self.reader)


def keep(config: ZygoteConfig, ends: Ends, serve: Serve) -> None:
    """Run one worker to its end. Called in a child of the zygote; the caller exits afterwards.

    Args:
        config: limits and folders.
        ends: its connections.
        serve: what the worker does with its end of the wire, its folder and a number of threads.
    """
    namespaces = config.confinement.namespaces
    user = choose_user(config.confinement)
    confined = config.confinement.readable is not None
    held = held_already(count_tasks=confined and user is None)
    memory = None if ends.groups else Memory.open()
    halt = Halt.open(namespaces=namespaces)
    linux.offer_to_oom_killer()
    if namespaces:
        if user is not None:
            linux.become(user)
        linux.enter_namespaces()
        if os.fork():
            os._exit(0)  # the child is the first process of the new pid namespace: the keeper
        linux.mount_private(config.memory_bytes, proc=bool(config.confinement.devices))
        linux.drop_capabilities()
    else:
        linux.become_subreaper()
    linux.hide_from_tracing()
    folder = tempfile.mkdtemp(prefix="worker-", dir=config.scratch)
    if user is not None and not namespaces:
        os.chown(folder, user, user)
    out, err = _Capture(config.output_bytes), _Capture(config.output_bytes)
    worker = os.fork()
    if worker == 0:
        _work(config, ends, (out, err), serve, _Place(folder, user, held, halt, memory))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a worker may send it one
    ends.data.close()
    ends.close_groups()
    os.close(out.writer)
    os.close(err.writer)
    patrol = Patrol(_looks(config, None if namespaces else folder, memory))
    ended, misdeed = _watch(worker, ends, (out, err), patrol, halt)
    status, cpu_seconds, peak_bytes = _end(worker, namespaces=namespaces)
    _drain(out, err)
    _clear(folder, namespaces=namespaces)
    report = ExitReport(
        status=status if ended else None,
        misdeed=misdeed,
        cpu_seconds=cpu_seconds,
        peak_bytes=peak_bytes,
        together_bytes=0 if memory is None else memory.peak,
        stdout=bytes(out.kept),
        stderr=bytes(err.kept),
        stdout_bytes=out.total,
        stderr_bytes=err.total,
    )
    with contextlib.suppress(OSError):  # the grader may be gone: nobody is left to tell
        send_block(ends.leash, msgspec.msgpack.encode(report))


def _drain(*captures: _Capture) -> None:
    """Read what was written before the end."""
    for capture in captures:
        for _ in range(_DRAIN_ROUNDS):
            if not capture.read():
                break


def _clear(folder: str, *, namespaces: bool) -> None:
    """Remove the worker's files, unless they lie in a file system that goes with it."""
    if not namespaces:
        remove_tree(folder)


def _looks(config: ZygoteConfig, folder: str | None, memory: Memory | None) -> list[Look]:
    """Return how to look after what the system does not bound: an open folder, memory without groups."""
    looks: list[Look] = []
    if folder is not None:
        looks.append(folder_look(folder, most_bytes=linux.PRIVATE_BYTES, most_files=linux.PRIVATE_FILES))
    if memory is not None:
        if folder is None:
            memory.count(*linux.PRIVATE_PLACES)
        looks.append(lambda: TOO_MUCH_MEMORY if memory.exceeds(config.memory_bytes) else "")
    return looks


def _work(
    config: ZygoteConfig,
    ends: Ends,
    captures: tuple[_Capture, _Capture],
    serve: Serve,
    place: _Place,
) -> NoReturn:
    try:
        ends.leash.close()
        os.close(ends.lifeline)
        place.halt.close()
        if place.memory is not None:
            place.memory.close()
        if ends.cores:
            os.sched_setaffinity(0, ends.cores)  # the filter of system calls will not let it change that
        for group in ends.groups:
            os.write(group, b"0")
        ends.close_groups()
        _prepare_worker(*captures)
        os.chdir(place.folder)
        os.environ.update(HOME=place.folder, TMPDIR=place.folder)
        set_limits(config, place.held, own_user=place.user is not None)
        confine(config.confinement, place.folder, place.user)
        serve(ends.data, place.folder, max(1, len(ends.cores)))
    except BaseException:  # noqa: BLE001 - goes to the worker's captured stderr
        traceback.print_exc()
    finally:
        _flush()
        os._exit(0)


def _prepare_worker(out: _Capture, err: _Capture) -> None:
    """Give this fresh child its session and its output pipes."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (out.writer, 1), (err.writer, 2)):
        os.dup2(source, target)
    for descriptor in {nothing, out.writer, out.reader, err.writer, err.reader} - {0, 1, 2}:
        os.close(descriptor)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _watch(
    worker: int,
    ends: Ends,
    outputs: tuple[_Capture, _Capture],
    patrol: Patrol,
    halt: Halt,
) -> tuple[bool, str]:
    """Drain the worker's output until it ends or shall end.

    Returns:
        Whether it ended by itself, and for which misdeed it must be ended, if for one.
    """
    poll = select.poll()
    captures = {capture.reader: capture for capture in outputs}
    for descriptor in (*captures, ends.leash.fileno(), ends.lifeline):
        poll.register(descriptor, select.POLLIN)
    end = None
    if sys.platform == "linux":
        end = os.pidfd_open(worker)
        poll.register(end, select.POLLIN)
    while True:
        for descriptor, event in poll.poll(_patience_milliseconds(patrol, halt)):
            if descriptor in captures:
                captures[descriptor].read_on(poll, event)
            elif descriptor == end:
                return True, ""
            elif (reason := ends.obey(descriptor, halt, worker)) is not None:
                return False, reason
        if _has_ended(worker):
            return True, ""
        if misdeed := _misdeed(patrol, halt):
            return False, misdeed


def _misdeed(patrol: Patrol, halt: Halt) -> str:
    """Look after what the worker takes; while it is stopped it takes nothing more, and looking takes time."""
    return "" if halt.holds else patrol.misdeed()


def _patience_milliseconds(patrol: Patrol, halt: Halt) -> float | None:
    """Return how long nothing needs to be looked after."""
    if sys.platform != "linux":
        return 20  # no descriptor tells of a child's end there: look often
    return None if halt.holds else patrol.patience_milliseconds


def _has_ended(worker: int) -> bool:
    """Tell it where no descriptor does."""
    if sys.platform == "linux":
        return False
    return os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(worker: int, *, namespaces: bool) -> tuple[int, float, int]:
    """Kill the worker and all its descendants; return its status, CPU seconds and peak bytes."""
    result = (0, 0.0, 0)
    group: int | None = worker
    while True:
        _kill_all(group, namespaces=namespaces)
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return result
        if pid == worker:
            group = None  # the number may be another's from now on
            unit = 1 if sys.platform == "darwin" else 1024
            result = (
                os.waitstatus_to_exitcode(status),
                usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss * unit,
            )


def _kill_all(group: int | None, *, namespaces: bool) -> None:
    if namespaces:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # everything in this pid namespace but its first process
        return
    if group is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for child in _children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _children() -> list[int]:
    """Return this process's children, orphans that it inherited included (Linux only)."""
    return [int(child) for child in children_of("self")]
