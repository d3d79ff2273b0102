"""What is left on the machine after grading: processes, files, mounts, ipc objects, control groups.

Usable while others test on the same machine: what cannot be ours is not counted. Every process that this
one starts, and all that those start, stays among its descendants however often it forks, for this process
inherits orphans once a baseline was taken. Files are counted in the folders given (make them the TMPDIR of
what is started), and elsewhere only if their names hold a mark.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from torchgrade.worker import linux

SHARED_FOLDERS = tuple(map(Path, ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue")))
IPC_KINDS = ("shm", "msg", "sem")
IPC_PIDS = {"shm": ("cpid", "lpid"), "msg": ("lspid", "lrpid"), "sem": ()}
GROUPS_ROOT = Path("/sys/fs/cgroup")
# The name of a control group of ours ends with the process that made it and a number.
GROUP_NAME = re.compile(r"torchgrade-(\d+)\b")
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What was there before; see ``take``."""

    folders: tuple[Path, ...]
    marks: tuple[str, ...]
    present: frozenset[str]

    def left(self) -> tuple[str, ...]:
        """Return what is there now and was not, each a line for a person to read."""
        return tuple(sorted(set(_look(self.folders, self.marks)) - self.present))

    def settled(self, seconds: float = PATIENCE_SECONDS) -> tuple[str, ...]:
        """Return what is still left when this time is up; at once when nothing is, looking twice.

        One look may miss a process whose parent ends meanwhile.
        """
        deadline = time.monotonic() + seconds
        while (left := self.left() or self.left()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return left


def take(*folders: Path, marks: Iterable[str] = ()) -> Baseline:
    """Note what is there.

    Args:
        folders: all that appears in these is ours.
        marks: words that only we use: a file elsewhere or a process with one in its name or command is ours.
    """
    linux.become_subreaper()
    places = tuple(Path(os.path.realpath(folder)) for folder in folders)
    words = tuple(marks)
    return Baseline(folders=places, marks=words, present=frozenset(_look(places, words)))


def _look(folders: tuple[Path, ...], marks: tuple[str, ...]) -> Iterator[str]:
    ours = _descendants()
    yield from _processes(ours, (*map(str, folders), *marks))
    yield from _files(folders, marks)
    yield from _mounts()
    yield from _ipc(ours)
    yield from _sockets(marks)
    yield from _keys(marks)
    yield from _groups(ours)


def _descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def _processes(ours: set[int], marks: tuple[str, ...]) -> Iterator[str]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            command = " ".join(process.cmdline()) or process.name()
            if process.pid in ours or any(mark in command for mark in marks):
                yield f"process {process.pid} (started {process.create_time():.2f}): {command[:200]}"


def _files(folders: tuple[Path, ...], marks: tuple[str, ...]) -> Iterator[str]:
    for folder in folders:
        for place, names, files in os.walk(folder):
            yield from (f"file {Path(place, name)}" for name in (*names, *files))
    for folder in SHARED_FOLDERS if marks else ():
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):  # noqa: PTH208 - names alone; entries may vanish meanwhile
                if any(mark in name for mark in marks):
                    yield f"file {folder / name}"


def _mounts() -> Iterator[str]:
    for line in _lines(Path("/proc/self/mountinfo")):
        number, _, device, root, place, *_ = line.split()
        yield f"mount {number}: {device} {root} on {place}"


def _ipc(ours: set[int]) -> Iterator[str]:
    """Objects of System V ipc, but for those of a living process that is none of ours."""
    for kind in IPC_KINDS:
        head, *lines = _lines(Path("/proc/sysvipc", kind)) or [""]
        for line in lines:
            fields = dict(zip(head.split(), line.split(), strict=False))
            makers = {int(fields.get(name, "0")) for name in IPC_PIDS[kind]} - {0}
            if not any(maker not in ours and _runs(maker) for maker in makers):
                identifier = fields.get(f"{kind}id", fields.get("msqid", ""))
                yield f"ipc {kind} {identifier} with key {fields.get('key')}"


def _sockets(marks: tuple[str, ...]) -> Iterator[str]:
    for line in _lines(Path("/proc/net/unix"))[1:] if marks else ():
        name = line.split()[7:]
        if name and any(mark in name[0] for mark in marks):
            yield f"socket {name[0]}"


def _keys(marks: tuple[str, ...]) -> Iterator[str]:
    for line in _lines(Path("/proc/keys")) if marks else ():
        if any(mark in line for mark in marks):
            number, *_, kind, description = line.split(maxsplit=8)
            yield f"key {number}: {kind} {description.rpartition(':')[0] or description}"


def _groups(ours: set[int]) -> Iterator[str]:
    """Control groups of ours and of processes that have ended."""
    for place, names, _ in os.walk(GROUPS_ROOT):
        for name in names:
            found = GROUP_NAME.match(name)
            if found and (int(found[1]) in {os.getpid(), *ours} or not _runs(int(found[1]))):
                yield f"control group {Path(place, name)}"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
