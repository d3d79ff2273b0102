"""Reading of regular files: bounded, and never through a link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from torchgrade.errors import SubmissionError
from torchgrade_plugins.loaders.names import shown, size_in_words

__all__ = ["kind_in_words", "opening_error", "read_regular"]

# Not blocking: a FIFO without a writer would hold the grader for ever.
FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CHUNK = 1 << 20

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def kind_in_words(mode: int) -> str:
    """Return what a file of this ``st_mode`` is if it is no regular one, else ``""``."""
    if stat.S_ISREG(mode):
        return ""
    return next((words for test, words in _KINDS if test(mode)), "no regular file")


def read_regular(path: Path | str, *, shown_as: str, limit: int, folder: int | None = None) -> bytes:
    """Read one regular file whole.

    Args:
        path: the file; its last component is not followed if it is a link.
        shown_as: the name used in messages.
        limit: bytes that it may have.
        folder: descriptor of the folder to which ``path`` is relative.

    Raises:
        SubmissionError: if it is missing, unreadable, too large or no regular file.
    """
    try:
        descriptor = os.open(path, FLAGS, dir_fd=folder)
    except (OSError, ValueError) as error:
        raise opening_error(error, shown_as) from error
    try:
        status = os.fstat(descriptor)
        kind = kind_in_words(status.st_mode)
        if kind:
            raise SubmissionError(f"{shown(shown_as)} is {kind}; hand in regular files")
        if status.st_size > limit:
            raise _too_large(shown_as, size_in_words(status.st_size), limit)
        return _read(descriptor, shown_as, limit)
    finally:
        os.close(descriptor)


def opening_error(error: OSError | ValueError, name: str) -> SubmissionError:
    """Return the error for a file or folder that cannot be opened."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOENT:
        return SubmissionError(f"there is no file or folder {shown(name)}")
    if number in {errno.ELOOP, errno.ENOTDIR}:
        return SubmissionError(f"{shown(name)} is a symbolic link; hand in the files themselves")
    if number == errno.ENXIO:
        return SubmissionError(f"{shown(name)} is a socket; hand in regular files")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return SubmissionError(f"{shown(name)} cannot be read: {reason.lower()}")


def _read(descriptor: int, name: str, limit: int) -> bytes:
    content = bytearray()
    while len(content) <= limit:
        try:
            part = os.read(descriptor, min(CHUNK, limit + 1 - len(content)))
        except OSError as error:
            raise opening_error(error, name) from error
        if not part:
            return bytes(content)
        content += part
    raise _too_large(name, f"more than {size_in_words(limit)}", limit)


def _too_large(name: str, size: str, limit: int) -> SubmissionError:
    advice = (
        "clear all outputs and save it again"
        if name.lower().endswith(".ipynb")
        else "leave it out or make it smaller"
    )
    return SubmissionError(f"{shown(name)} has {size}; at most {size_in_words(limit)} are read: {advice}")
