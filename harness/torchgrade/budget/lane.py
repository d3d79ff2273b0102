"""The quiet lane: while one grading process of a batch measures, the others rest.

All of them lock one file: shared while they run tests, for themselves alone while they measure.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["QuietLane"]


class QuietLane:
    """Takes its turn.

    Args:
        path: of the file to lock; empty if there is nobody to share the machine with.

    Attributes:
        waited_seconds: how long was waited for others in all.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.waited_seconds = 0.0

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        """Work like the others, unless one of them measures."""
        with self._locked(alone=False):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until the others rest, and have them rest."""
        with self._locked(alone=True):
            yield

    @contextmanager
    def _locked(self, *, alone: bool) -> Iterator[None]:
        if not self._path:
            yield
            return
        import fcntl

        with Path(self._path).open("ab") as file:
            started = time.perf_counter()
            fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            self.waited_seconds += time.perf_counter() - started
            yield  # closing unlocks, as does the end of this process
