"""The keeper of one worker: captures its output, and ends it with everything that it started.

The grader holds the other end of the keeper's leash. When that closes, for whatever reason, the
worker is killed; when the worker ends, the keeper says how on the leash and ends too.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable

import msgspec

from torchgrade.worker import linux
from torchgrade.worker.config import ExitReport, ZygoteConfig, send_block
from torchgrade.worker.limits import data_bytes, set_limits

__all__ = ["keep"]

_CHUNK = 1 << 16
_DRAIN_ROUNDS = 4_096

Serve = Callable[[socket.socket, str], None]


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


def keep(config: ZygoteConfig, data: socket.socket, leash: socket.socket, serve: Serve) -> None:
    """Run one worker to its end. Called in a child of the zygote; the caller exits afterwards.

    Args:
        config: limits and folders.
        data: the worker's end of the wire; closed here once the worker has it.
        leash: the keeper's end of the leash.
        serve: what the worker does with ``data`` and its folder.
    """
    held_bytes = data_bytes()
    if config.namespaces:
        linux.enter_namespaces()
        if os.fork():
            os._exit(0)  # the child is the first process of the new pid namespace: the keeper
        linux.mount_private(config.memory_bytes)
        linux.drop_capabilities()
    else:
        linux.become_subreaper()
    linux.hide_from_tracing()
    folder = tempfile.mkdtemp(prefix="worker-", dir=config.scratch)
    out, err = _Capture(config.output_bytes), _Capture(config.output_bytes)
    worker = os.fork()
    if worker == 0:
        try:
            leash.close()
            _prepare_worker(config, out, err, held_bytes=held_bytes)
            os.chdir(folder)
            serve(data, folder)
        except BaseException:  # noqa: BLE001 - goes to the worker's captured stderr
            traceback.print_exc()
        finally:
            _flush()
            os._exit(0)
    data.close()
    os.close(out.writer)
    os.close(err.writer)
    ended = _watch(worker, leash, out, err)
    status, cpu_seconds, peak_bytes = _end(worker, namespaces=config.namespaces)
    for capture in (out, err):
        for _ in range(_DRAIN_ROUNDS):
            if not capture.read():
                break
    if not config.namespaces:
        shutil.rmtree(folder, ignore_errors=True)
    report = ExitReport(
        status=status if ended else None,
        cpu_seconds=cpu_seconds,
        peak_bytes=peak_bytes,
        stdout=bytes(out.kept),
        stderr=bytes(err.kept),
        stdout_bytes=out.total,
        stderr_bytes=err.total,
    )
    with contextlib.suppress(OSError):  # the grader may be gone: nobody is left to tell
        send_block(leash, msgspec.msgpack.encode(report))


def _prepare_worker(config: ZygoteConfig, out: _Capture, err: _Capture, *, held_bytes: int) -> None:
    """Give this fresh child its session, its output pipes and its limits."""
    os.setsid()
    if not config.namespaces:
        linux.die_with_parent()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (out.writer, 1), (err.writer, 2)):
        os.dup2(source, target)
    for descriptor in {nothing, out.writer, out.reader, err.writer, err.reader} - {0, 1, 2}:
        os.close(descriptor)
    set_limits(config, held_bytes)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _watch(worker: int, leash: socket.socket, out: _Capture, err: _Capture) -> bool:
    """Drain the worker's output until it ends (True) or the leash is let go (False)."""
    poll = select.poll()
    captures = {out.reader: out, err.reader: err}
    for descriptor in (*captures, leash.fileno()):
        poll.register(descriptor, select.POLLIN)
    # Elsewhere than on Linux no descriptor tells of a child's end: look often.
    patience = None if sys.platform == "linux" else 20
    if sys.platform == "linux":
        poll.register(os.pidfd_open(worker), select.POLLIN)
    while True:
        for descriptor, event in poll.poll(patience):
            if descriptor == leash.fileno():
                return False
            if descriptor not in captures:
                return True
            if not captures[descriptor].read() and not event & select.POLLIN:
                poll.unregister(descriptor)
        if patience and os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True


def _end(worker: int, *, namespaces: bool) -> tuple[int, float, int]:
    """Kill the worker and all its descendants; return its status, CPU seconds and peak bytes."""
    result = (0, 0.0, 0)
    while True:
        _kill_all(worker, namespaces=namespaces)
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return result
        if pid == worker:
            unit = 1 if sys.platform == "darwin" else 1024
            result = (
                os.waitstatus_to_exitcode(status),
                usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss * unit,
            )


def _kill_all(worker: int, *, namespaces: bool) -> None:
    if namespaces:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # everything in this pid namespace but its first process
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(worker, signal.SIGKILL)
    for child in _children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _children() -> list[int]:
    """Return this process's children, orphans that it inherited included (Linux only)."""
    path = f"/proc/self/task/{os.getpid()}/children"
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel
            return [int(text) for text in file.read().split()]
    except OSError:
        return []
