"""Control groups: limits for everything that one worker starts, taken together.

A limit of a process (``setrlimit``) holds for each process by itself, and not for memory that several
share. Where this process may make control groups, each worker gets one. It enters by itself through
a descriptor that was opened here, for the kernel asks for the rights of whoever opened it. Where there
is no such right nothing else changes.

Source: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the Linux kernel.
"""

from __future__ import annotations

import fcntl
import itertools
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from torchgrade.remote.hierarchies import HOME_PREFIX, PREFIX, Hierarchy, NoGroupsError, find_hierarchies
from torchgrade.worker.memory import ALLOWANCE_BYTES

__all__ = ["ControlGroups", "Group", "control_groups"]

_LOG = logging.getLogger(__name__)

MIB = 1024 * 1024
_POLL_SECONDS = 0.005
_TRIES = 100


class Group:
    """The control groups of one worker, one in each hierarchy, under one name; ``end`` must be called.

    They are locked while this process lives, so that those of a grader that was killed can be told.

    Raises:
        OSError: if they cannot be made; nothing is left then.
    """

    def __init__(
        self, hierarchies: tuple[Hierarchy, ...], name: str, memory_bytes: int, processes: int
    ) -> None:
        self._places: list[tuple[Hierarchy, Path]] = []
        self._locks: list[int] = []
        self._entrances: list[int] = []
        try:
            for hierarchy in hierarchies:
                place = hierarchy.base / name
                place.mkdir()
                self._places.append((hierarchy, place))
                self._locks.append(os.open(place, os.O_RDONLY | os.O_DIRECTORY))
                fcntl.flock(self._locks[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
                hierarchy.limit(place, memory_bytes + ALLOWANCE_BYTES, processes)
                self._entrances.append(os.open(place / "cgroup.procs", os.O_WRONLY))
        except BaseException:
            self.end()
            raise

    @property
    def entrances(self) -> tuple[int, ...]:
        """Descriptors: the process that writes ``0`` to each of them is in."""
        return tuple(self._entrances)

    def close_entrances(self) -> None:
        """Close them here, once others have them."""
        while self._entrances:
            os.close(self._entrances.pop())

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether the kernel has ended a process in it for want of memory; to be asked before ``end``."""
        return any(hierarchy.memory_kills(place) > 0 for hierarchy, place in self._places)

    @property
    def tells_peak(self) -> bool:
        """Whether the kernel notes ``peak_bytes``."""
        return any(hierarchy.tells_peak(place) for hierarchy, place in self._places)

    @property
    def peak_bytes(self) -> int:
        """The most memory that all in it held together, 0 if unknown; to be asked before ``end``."""
        return max((hierarchy.memory_peak(place) for hierarchy, place in self._places), default=0)

    def end(self) -> None:
        """Remove it with everything that is left in it; what cannot go yet is left to ``clear``."""
        self.close_entrances()
        for hierarchy, place in self._places:
            if not _remove(place):
                hierarchy.kill(place)
                _remove(place)
        self._places.clear()
        while self._locks:
            os.close(self._locks.pop())


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlGroups:
    """Makes the groups of this process's workers.

    Attributes:
        hierarchies: where; none if there are no rights to.
        reason: why not.
        advice: what would help.
    """

    hierarchies: tuple[Hierarchy, ...] = ()
    reason: str = ""
    advice: str = ""
    numbers: Iterator[int]

    def __str__(self) -> str:
        if not self.hierarchies:
            return f"none: {self.reason}"
        return f"cgroup v{self.hierarchies[0].version}"

    def make(self, memory_bytes: int, processes: int) -> Group | None:
        """Make a group for one worker; None where there can be none.

        Args:
            memory_bytes: how much data one process may have; the group may hold a fixed amount more.
            processes: how many processes and threads.
        """
        if not self.hierarchies:
            return None
        try:
            return self.try_to_make(memory_bytes, processes)
        except OSError as error:
            _LOG.warning("a worker stays without a control group: %s", error)
            return None

    def try_to_make(self, memory_bytes: int, processes: int) -> Group:
        """Make a group for one worker.

        Raises:
            OSError: if the system refuses.
        """
        why = OSError("all names are taken")
        for number in itertools.islice(self.numbers, _TRIES):
            name = f"{PREFIX}{os.getpid()}-{number}"
            try:
                return Group(self.hierarchies, name, memory_bytes, processes)
            # Another grader, one of this process id, made it and is gone; or another took ours for stale.
            except (FileExistsError, FileNotFoundError, BlockingIOError) as error:
                why = error
        raise why

    def clear(self, patience_seconds: float = 0.0) -> None:
        """Remove the groups of graders that are gone, with what is left in them.

        Args:
            patience_seconds: how long to wait for the processes in them to end.
        """
        deadline = time.monotonic() + patience_seconds
        for hierarchy in self.hierarchies:
            for place in sorted(hierarchy.base.glob(f"{PREFIX}*")):
                while not _clear_stale(hierarchy, place) and time.monotonic() < deadline:
                    time.sleep(_POLL_SECONDS)


@cache
def control_groups() -> ControlGroups:
    """Find out, once in this process, whether it may make control groups; try it."""
    try:
        hierarchies = find_hierarchies()
    except NoGroupsError as refusal:
        return ControlGroups(reason=str(refusal), advice=refusal.advice, numbers=itertools.count())
    groups = ControlGroups(hierarchies=hierarchies, numbers=itertools.count())
    groups.clear()
    refused = _refusal(groups)
    if refused:
        return ControlGroups(reason=f"its control groups cannot be used: {refused}", numbers=groups.numbers)
    return groups


def _refusal(groups: ControlGroups) -> str:
    """Let a process enter a group; return why it cannot, or nothing."""
    try:
        group = groups.try_to_make(MIB, 1)
    except OSError as error:
        return str(error)
    command = [sys.executable, "-I", "-S", "-c", f"import os; [os.write(n, b'0') for n in {group.entrances}]"]
    try:
        trial = subprocess.run(command, pass_fds=group.entrances, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    finally:
        group.end()
    return (trial.stderr.strip().splitlines() or [""])[-1]


def _clear_stale(hierarchy: Hierarchy, place: Path) -> bool:
    """Remove a group unless it is in use; tells whether nothing is left to do."""
    if place.name.startswith(HOME_PREFIX):
        _remove(place)  # refused while somebody is in it
        return True
    try:
        lock = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hierarchy.kill(place)
        return _remove(place)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)


def _remove(place: Path) -> bool:
    """Remove a group; tells whether it is gone."""
    try:
        place.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
