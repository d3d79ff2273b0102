"""A fingerprint of a submission's raw files, by which a batch knows that its work is done.

It is taken before anything is loaded, so it must stand anything: no link is followed, nothing but
regular files is opened, and little more is read than a loader would accept.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

__all__ = ["fingerprint"]

FILE_BYTES = 64 * 1024 * 1024
"""Of a larger file the beginning, the size and the time of its last change stand for the rest."""
TOTAL_BYTES = 256 * 1024 * 1024
"""Beyond it sizes and times stand for contents."""
ENTRIES = 20_000
"""Beyond it, entries are not looked at; no loader accepts a tenth of them."""
DEPTH = 64

_CHUNK = 1 << 20
_IGNORED = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store"})


def fingerprint(path: Path) -> str:
    """Return a hash of the names and contents below ``path``, as 64 hex digits; never raises.

    A file that cannot be read counts with its error, so that it is graded again once it can.
    """
    digest = _Digest()
    for relative, entry in _walk(path):
        digest.add(relative, entry)
    return digest.hex()


class _Digest:
    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._left = TOTAL_BYTES

    def add(self, relative: str, path: str) -> None:
        self._part(os.fsencode(relative))
        try:
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode):
                self._part(b"file")
                self._add_file(path)
            elif stat.S_ISLNK(status.st_mode):
                self._part(b"link")
                self._part(os.fsencode(os.readlink(path)))  # noqa: PTH115 - bytes of the link, whatever they are
            else:
                self._part(oct(stat.S_IFMT(status.st_mode)).encode())
        except OSError as error:
            self._part(f"error {errno.errorcode.get(error.errno or 0, '')}".encode())

    def hex(self) -> str:
        return self._hash.hexdigest()

    def _add_file(self, path: str) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - an open descriptor
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                self._part(b"no file any more")
                return
            size = status.st_size
            self._part(str(size).encode())
            if size > min(FILE_BYTES, self._left):
                self._part(str(status.st_mtime_ns).encode())
            limit = min(FILE_BYTES, self._left, size)
            self._left -= limit
            while limit and (chunk := file.read(min(limit, _CHUNK))):
                self._hash.update(chunk)
                limit -= len(chunk)

    def _part(self, part: bytes) -> None:
        self._hash.update(len(part).to_bytes(8, "big"))
        self._hash.update(part)


def _walk(root: Path) -> Iterator[tuple[str, str]]:
    """Yield relative name and path of the root and of all below it, in a fixed order."""
    left = ENTRIES
    folders = [("", str(root), 0)]
    yield "", str(root)
    while folders and left > 0:
        prefix, folder, depth = folders.pop()
        for name, is_folder in _entries(folder, left):
            left -= 1
            yield f"{prefix}{name}", os.path.join(folder, name)  # noqa: PTH118 - names that need not be text
            if is_folder and depth < DEPTH:
                folders.append((f"{prefix}{name}/", os.path.join(folder, name), depth + 1))  # noqa: PTH118


def _entries(folder: str, limit: int) -> list[tuple[str, bool]]:
    """Return name and whether it is a folder of at most ``limit`` entries, sorted; links are none."""
    try:
        if os.path.islink(folder):  # noqa: PTH114 - the same string that is scanned
            return []
        with os.scandir(folder) as scan:
            entries = itertools.islice((entry for entry in scan if entry.name not in _IGNORED), limit)
            return sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    except OSError:
        return []
