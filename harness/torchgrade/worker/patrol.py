"""Looking after what a worker takes where the system bounds nothing: files on a disk of others, memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence

__all__ = ["Look", "Patrol", "folder_look"]

SECONDS_BETWEEN = 0.025
_BLOCK_BYTES = 512
_MIB = 1 << 20


Look = Callable[[], str]
"""Says in which way too much is taken, or nothing."""


class Patrol:
    """Looks from time to time.

    Args:
        looks: what to do each time; none if there is nothing to look after.
    """

    def __init__(self, looks: Sequence[Look]) -> None:
        self._looks = looks
        self._next_look = time.monotonic()

    @property
    def patience_milliseconds(self) -> float | None:
        """How long may pass between two calls of ``misdeed``; None if it need not be called."""
        return 1_000 * SECONDS_BETWEEN if self._looks else None

    def misdeed(self) -> str:
        """Say, if it is time for a look, what the worker takes too much of; or nothing."""
        if not self._looks or time.monotonic() < self._next_look:
            return ""
        found = next(filter(None, (look() for look in self._looks)), "")
        self._next_look = time.monotonic() + SECONDS_BETWEEN
        return found


def folder_look(folder: str, *, most_bytes: int, most_files: int) -> Look:
    """Look into a folder.

    A look takes no longer than the files that are allowed; what cannot be looked into is not counted.

    Args:
        folder: where.
        most_bytes: how much it may hold.
        most_files: how many files and folders.
    """

    def look() -> str:
        files, size = 0, 0
        for entry in _entries(folder):
            files += 1
            if files > most_files:
                return f"it made more than {most_files:,} files"
            try:
                size += entry.stat(follow_symlinks=False).st_blocks * _BLOCK_BYTES
            except OSError:  # it is gone again
                continue
            if size > most_bytes:
                return f"its files took more than {most_bytes // _MIB:,} MiB"
        return ""

    return look


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    pending = [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    yield entry
        except OSError:
            continue
