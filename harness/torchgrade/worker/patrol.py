"""Looking after a worker's folder where it lies on the disk of others and no file system bounds it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

__all__ = ["Patrol"]

SECONDS_BETWEEN = 0.05
_BLOCK_BYTES = 512
_MIB = 1 << 20


class Patrol:
    """Looks into a folder from time to time.

    Args:
        folder: None if there is nothing to look after.
        most_bytes, most_files: what it may hold.
    """

    def __init__(self, folder: str | None, *, most_bytes: int, most_files: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._next_look = time.monotonic()

    @property
    def patience_milliseconds(self) -> float | None:
        """How long may pass between two calls of ``misdeed``; None if it need not be called."""
        return None if self._folder is None else 1_000 * SECONDS_BETWEEN

    def misdeed(self) -> str:
        """Say, if it is time for a look, in which way the folder holds more than it may; or nothing."""
        if self._folder is None or time.monotonic() < self._next_look:
            return ""
        found = self._look(self._folder)
        self._next_look = time.monotonic() + SECONDS_BETWEEN
        return found

    def _look(self, folder: str) -> str:
        """Take no longer than the files that are allowed; what cannot be looked into is not counted."""
        files, size = 0, 0
        for entry in _entries(folder):
            files += 1
            if files > self._most_files:
                return f"it made more than {self._most_files:,} files"
            try:
                size += entry.stat(follow_symlinks=False).st_blocks * _BLOCK_BYTES
            except OSError:  # it is gone again
                continue
            if size > self._most_bytes:
                return f"its files took more than {self._most_bytes // _MIB:,} MiB"
        return ""


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
