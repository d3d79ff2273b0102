"""What a process has started, as /proc tells it; nothing where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator

__all__ = ["children_of", "descendants", "read_at", "threads_of"]


def descendants(proc: int | None = None) -> Iterator[int]:
    """Yield the process ids of all that this process has started, and of what those have.

    Args:
        proc: descriptor of a folder that shows /proc, perhaps with other numbers than ours; None for ours.
    """
    try:
        folder = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY) if proc is None else os.dup(proc)
    except OSError:
        return
    try:
        pending = [os.readlink("self", dir_fd=folder)]
        while pending:
            for child in children_of(pending.pop(), folder):
                pending.append(child)
                yield int(child)
    finally:
        os.close(folder)


def children_of(process: str, proc: int | None = None) -> list[str]:
    """Return what the threads of a process have started, orphans that it inherited included."""
    tasks = f"{process}/task" if proc is not None else f"/proc/{process}/task"
    return [
        child
        for thread in threads_of(process, proc)
        for child in read_at(proc, f"{tasks}/{thread}/children").split()
    ]


def threads_of(process: str, proc: int | None = None) -> list[str]:
    """Return the thread ids of a process; none if it has ended by now, or the system does not tell."""
    path = f"{process}/task" if proc is not None else f"/proc/{process}/task"
    try:
        tasks = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=proc)
    except OSError:
        return []
    try:
        return os.listdir(tasks)  # noqa: PTH208 - of a descriptor
    finally:
        os.close(tasks)


def read_at(folder: int | None, path: str) -> str:
    """Return the text of a file, perhaps below a folder that is open; nothing if it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY, dir_fd=folder)
    except OSError:
        return ""
    with open(descriptor, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - of a descriptor
        try:
            return file.read()
        except OSError:
            return ""
