"""How much memory a worker and all that it has started hold, where no control group bounds it."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from typing import Self

from torchgrade.worker.processes import descendants, read_at

__all__ = ["ALLOWANCE_BYTES", "Memory"]

# Beyond the limit on data: pages of the zygote that a worker writes to, page tables, buffers of pipes.
ALLOWANCE_BYTES = 128 * 1024 * 1024
# What forked processes seem to hold is the zygote's; one that has started a new program has nothing of it.
INHERITED_BYTES = 256 * 1024 * 1024
MOST_PROCESSES = 4_096
_KIB = 1024


class Memory:
    """Looks through /proc at the descendants of the process that makes this, its keeper.

    The descriptor of /proc must not reach a worker that shall not see other processes: ``close`` it there.

    Args:
        proc: descriptor of a folder that shows /proc.
        inherited: bytes that each new process seems to hold and does not.

    Attributes:
        peak: the most bytes that were seen so far.
    """

    def __init__(self, proc: int, inherited: int) -> None:
        self._proc = proc
        self._inherited = inherited
        self._file_systems: tuple[str, ...] = ()
        self.peak = 0

    @classmethod
    def open(cls) -> Self | None:
        """Begin before the keeper covers /proc; None where the system does not tell."""
        if sys.platform != "linux":
            return None
        try:
            proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        return cls(proc, _anonymous(proc, "self"))

    def count(self, *file_systems: str) -> None:
        """Add what these private file systems in memory hold, from now on."""
        self._file_systems = file_systems

    def close(self) -> None:
        """Let go of /proc."""
        os.close(self._proc)

    def exceeds(self, limit_bytes: int) -> bool:
        """Tell whether all of it together is more than is allowed."""
        self.peak = max(self.peak, held := self._held())
        return held > limit_bytes + ALLOWANCE_BYTES

    def _held(self) -> int:
        """Return the bytes of all of it together, as seen now."""
        total, shared = 0, 0
        for path in self._file_systems:
            with contextlib.suppress(OSError):
                space = os.statvfs(path)
                total += (space.f_blocks - space.f_bfree) * space.f_frsize
        for process in itertools.islice(descendants(self._proc), MOST_PROCESSES):
            total += (held := _anonymous(self._proc, str(process)))
            shared += min(held, self._inherited)
        return total - min(shared, max(self._inherited, INHERITED_BYTES))


def _anonymous(proc: int, process: str) -> int:
    """Return how many bytes of a process are in memory and come from no file."""
    for line in read_at(proc, f"{process}/status").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * _KIB
    return 0
