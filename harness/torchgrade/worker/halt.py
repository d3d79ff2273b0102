"""Stopping a worker and all that it has started, until nothing of it runs any more.

SIGSTOP alone is not enough: a process in the middle of a long system call goes on until that call is
over, one in the middle of a fork may yet get a child, and whatever is not stopped yet can wake the
others with SIGCONT. So it is sent until two looks, one after the other, find every thread at rest
and none that has run in between; and when they may go on, another look finds whether any did before.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Self

from torchgrade.worker.processes import descendants, read_at, threads_of

__all__ = ["DID_NOT_STOP", "RAN_MEANWHILE", "Halt"]

DID_NOT_STOP = "it did not stop when it was not its turn"
RAN_MEANWHILE = "it ran while it was not its turn"
MOST_SECONDS = 2.0
_PAUSE_SECONDS = 0.001
_AT_REST = frozenset("TtZX")
# A thread that waits for what cannot be interrupted: a vfork, whose child is stopped, or a disk.
_WAITS = "D"
_WAIT_SECONDS = 0.05
# A thread that the kernel shows as stopped may have some steps to go before it is off its core, and one
# whose disk has answered has some until it is stopped. All of that takes microseconds, on a busy machine too.
_STEPS_NANOSECONDS = 500_000

_Threads = Mapping[tuple[int, str], tuple[str, int]]


class Halt:
    """Stops the descendants of the process that makes this, its keeper, and lets them go on.

    Args:
        proc: descriptor of a folder that shows /proc, perhaps with other numbers than ours; None where
            there is none: then signals are sent, and nobody looks what became of them.
        namespaces: whether all of them, and nobody else, are in the pid namespace of the keeper.
    """

    def __init__(self, proc: int | None, *, namespaces: bool) -> None:
        self._proc = proc
        self._namespaces = namespaces
        self._stopped: _Threads = {}
        self.holds = False

    @classmethod
    def open(cls, *, namespaces: bool) -> Self:
        """Begin before the keeper covers /proc."""
        if sys.platform != "linux":
            return cls(None, namespaces=namespaces)
        try:
            proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return cls(None, namespaces=namespaces)
        return cls(proc, namespaces=namespaces)

    def close(self) -> None:
        """Let go of /proc, which must not reach a worker."""
        if self._proc is not None:
            os.close(self._proc)

    def stop(self, worker: int) -> str:
        """Stop all; returns what they must be ended for if they do not, or nothing."""
        self.holds = True
        deadline = time.monotonic() + MOST_SECONDS
        before: _Threads | None = None
        waited_since = time.monotonic()
        while True:
            self._signal(signal.SIGSTOP, worker)
            threads = self._look()
            states = {state for state, _ in threads.values()} - _AT_REST
            now = time.monotonic()
            if threads != before:
                waited_since = now
            elif not states or (states == {_WAITS} and now - waited_since > _WAIT_SECONDS):
                self._stopped = threads
                return ""
            if now > deadline:
                return DID_NOT_STOP
            before = threads
            if states:
                time.sleep(_PAUSE_SECONDS)

    def let_go(self, worker: int) -> str:
        """Let all go on; returns what they must be ended for if some did before, or nothing."""
        if self.holds and self._ran():
            return RAN_MEANWHILE
        self.holds = False
        self._signal(signal.SIGCONT, worker)
        return ""

    def _ran(self) -> bool:
        """Tell whether anything has run since it was stopped, or can."""
        threads = self._look()
        nowhere = ("", 0)
        since = sum(
            max(0, ran - self._stopped.get(thread, nowhere)[1]) for thread, (_, ran) in threads.items()
        )
        awake = {state for state, _ in threads.values()} - _AT_REST - {_WAITS}
        return bool(awake) or since > _STEPS_NANOSECONDS

    def _look(self) -> _Threads:
        """Return the state of each thread, and how many nanoseconds it has run."""
        if self._proc is None:
            return {}
        found = {}
        for process in descendants(self._proc):
            for thread in threads_of(str(process), self._proc):
                place = f"{process}/task/{thread}"
                state = read_at(self._proc, f"{place}/stat").rpartition(")")[2].strip()[:1]
                if state:
                    ran, *_ = read_at(self._proc, f"{place}/schedstat").split() or ["0"]
                    found[process, thread] = (state, int(ran))
        return found

    def _signal(self, number: signal.Signals, worker: int) -> None:
        if self._namespaces:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, number)  # everything in this pid namespace but its first process
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(worker, number)
        for process in descendants(self._proc):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)
