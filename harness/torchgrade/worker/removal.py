"""Removing a folder that a student's code has filled, whatever it made of it.

``shutil.rmtree`` goes down by recursion, so that a few thousand folders in one another end it with an error.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

__all__ = ["remove_tree"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC if hasattr(os, "O_DIRECTORY") else 0


def remove_tree(folder: str | Path) -> None:
    """Remove a folder with all that is in it; what cannot be removed stays.

    Folders in folders are moved to the top before they are emptied: so neither the depth nor the length of a
    path matters. No link is followed, and folders that their owner may not enter are entered all the same.
    """
    numbers = count()
    with contextlib.suppress(OSError):
        with _entered(os.fspath(folder), None) as top:
            while True in [_removed(name, top, numbers) for name in _names(top)]:
                pass
        Path(folder).rmdir()


def _removed(name: str, top: int, numbers: Iterator[int]) -> bool:
    """Remove an entry of the top folder, or move up what is in it; False if neither could be done."""
    with contextlib.suppress(OSError):
        if not _is_folder(name, top):
            os.unlink(name, dir_fd=top)
            return True
        with _entered(name, top) as inside:
            gone = [_moved(inner, inside, top, numbers) for inner in _names(inside)]
        if all(gone):  # trying it while there is a deep tree below takes the kernel long
            os.rmdir(name, dir_fd=top)
        return True in gone or all(gone)
    return False


def _moved(name: str, inside: int, top: int, numbers: Iterator[int]) -> bool:
    with contextlib.suppress(OSError):
        if not _is_folder(name, inside):
            os.unlink(name, dir_fd=inside)
            return True
        os.chmod(name, stat.S_IRWXU, dir_fd=inside)
        for number in numbers:
            # A name that is taken by something that is not empty is tried no more.
            with contextlib.suppress(FileExistsError, NotADirectoryError):
                os.rename(name, f"moved-{number}", src_dir_fd=inside, dst_dir_fd=top)
                return True
    return False


def _names(folder: int) -> list[str]:
    return os.listdir(folder)


def _is_folder(name: str, parent: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


@contextmanager
def _entered(name: str, parent: int | None) -> Iterator[int]:
    try:
        descriptor = os.open(name, _FOLDER, dir_fd=parent)
    except PermissionError:
        os.chmod(name, stat.S_IRWXU, dir_fd=parent)
        descriptor = os.open(name, _FOLDER, dir_fd=parent)
    try:
        if os.fstat(descriptor).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            os.fchmod(descriptor, stat.S_IRWXU)
        yield descriptor
    finally:
        os.close(descriptor)
