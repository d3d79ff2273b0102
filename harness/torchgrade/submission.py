"""A submission: a student's files, read into memory, and who sent them."""

from __future__ import annotations

import hashlib

import msgspec

__all__ = ["LoadLimits", "SourceFile", "Student", "Submission"]


class Student(msgspec.Struct, frozen=True, kw_only=True):
    """A person on a roster."""

    id: str
    name: str = ""
    email: str = ""


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a submission; ``path`` is relative, with forward slashes, without ``..``."""

    path: str
    content: bytes


class LoadLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a loader reads at the most; beyond it the submission is refused with a clear message."""

    file_bytes: int = 4 * 1024 * 1024
    total_bytes: int = 32 * 1024 * 1024
    files: int = 1_000
    path_characters: int = 200
    archive_bytes: int = 32 * 1024 * 1024
    ratio: int = 100


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A student's files as the worker receives them.

    Attributes:
        id: name of the submission, unique in its batch.
        files: all source files; ``entry`` is the path of one of them.
        entry: path of the module that holds the ``@hookimpl`` functions.
        notes: what the loader wants to tell the student (a cell dropped, a folder stripped).
        lines: for a notebook, maps each line of the entry to "cell 3, line 2"; else empty.
    """

    id: str
    files: tuple[SourceFile, ...]
    entry: str
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Hash of the paths and contents, as 64 hex digits."""
        digest = hashlib.sha256()
        for file in sorted(self.files, key=lambda file: file.path):
            for part in (file.path.encode(), file.content):
                digest.update(len(part).to_bytes(8, "big"))
                digest.update(part)
        return digest.hexdigest()
