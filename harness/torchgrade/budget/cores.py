"""Which cores to measure on, and staying on them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from torchgrade.worker.config import MOST_CORES

__all__ = ["Cores", "most_cores", "staying_on"]

# Others rest now and then: who looks for a moment only may take their core for a quiet one.
_LOOK_SECONDS = 0.5
_GLANCE_SECONDS = 0.05
_GLANCE_TICKS = 2
# Of a line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal.
_IDLE = (3, 4)
_FIELDS = 8


def most_cores() -> int:
    """Return how many cores can be used."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_CORES)


class Cores:
    """Chooses where to measure: what has proved quiet is used again."""

    def __init__(self) -> None:
        self._proved: tuple[int, ...] = ()

    def choose(self, count: int) -> tuple[int, ...]:
        """Return the cores of this process on which least goes on now; none where they cannot be chosen."""
        if not hasattr(os, "sched_setaffinity"):
            return ()
        allowed = sorted(os.sched_getaffinity(0))
        if len(self._proved) == count and set(self._proved) <= set(allowed):
            load = _load(_GLANCE_SECONDS)
            if all(load.get(core, 0) < _GLANCE_TICKS for core in self._proved):
                return self._proved
        load = _load(_LOOK_SECONDS)
        # Of equal ones the last: interrupts tend to go to the first.
        return tuple(sorted(allowed, key=lambda core: (load.get(core, 0), -core))[:count])

    def prove(self, cores: tuple[int, ...], *, quiet: bool) -> None:
        """Note whether it was quiet on the cores that were chosen last."""
        self._proved = cores if quiet else ()


@contextmanager
def staying_on(cores: Sequence[int]) -> Iterator[None]:
    """Keep this thread on some cores: nothing has to wake another core in a measured call."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, before)


def _load(seconds: float) -> dict[int, int]:
    """Look on for a while; return for each core how long it was busy, in the kernel's ticks."""
    before = _busy()
    time.sleep(seconds)
    return {core: ticks - before.get(core, 0) for core, ticks in _busy().items()}


def _busy() -> dict[int, int]:
    """Return for each core how long it has been busy since the start, in the kernel's ticks."""
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, *fields = line.split()
        if name.startswith("cpu") and name != "cpu":
            ticks = [int(field) for field in fields[:_FIELDS]]
            found[int(name.removeprefix("cpu"))] = sum(ticks) - sum(ticks[place] for place in _IDLE)
    return found
