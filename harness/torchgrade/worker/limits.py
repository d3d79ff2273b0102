"""Limits of one worker process, set before any of the student's code runs."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from torchgrade.worker.config import ZygoteConfig

__all__ = ["Held", "give_back_at_once", "held_already", "set_limits"]

CPU_GRACE_SECONDS = 5
STACK_BYTES = 8 * 1024 * 1024
ADDRESS_BYTES = 64 * 1024**3
# Queued signals and timers are counted for all workers of a zygote together, too.
PENDING_SIGNALS = 128
# M_MMAP_THRESHOLD of mallopt, and the size from which blocks are the system's own.
_MMAP_THRESHOLD = -3
_OWN_BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Held:
    """What is there before a worker begins.

    Attributes:
        data_bytes: size of the zygote's data segment, which its workers inherit.
        tasks: processes and threads of this user that can be seen; 0 if they need not be counted.
    """

    data_bytes: int
    tasks: int


def set_limits(config: ZygoteConfig, held: Held, *, own_user: bool) -> None:
    """Bound memory, time, files and processes of this process and of what it starts.

    Memory is bounded as data (heap and private writable mappings) beyond what the zygote holds
    already: a tight limit of the address space would refuse what torch merely reserves.

    Args:
        config: the limits.
        held: what ``held_already`` told while /proc was in sight.
        own_user: whether this process will be of a user that nothing else belongs to.
    """
    if sys.platform == "win32":
        return
    import resource

    wanted = {
        resource.RLIMIT_CPU: config.cpu_seconds + CPU_GRACE_SECONDS,
        resource.RLIMIT_FSIZE: config.file_bytes,
        resource.RLIMIT_NOFILE: config.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: held.data_bytes + config.memory_bytes,
        resource.RLIMIT_STACK: STACK_BYTES,  # does not count as data; a new program would get all it asks for
    }
    if not config.confinement.devices:
        # Generous; but the tables of pages that are merely looked at count nowhere but in control groups.
        wanted[resource.RLIMIT_AS] = ADDRESS_BYTES + config.memory_bytes
    # Counted per user and user namespace, so where others are of this user there must be room for them.
    if config.confinement.namespaces or own_user or held.tasks:
        wanted[resource.RLIMIT_NPROC] = held.tasks + config.processes
    if sys.platform == "linux":
        wanted[resource.RLIMIT_SIGPENDING] = PENDING_SIGNALS
    for kind, value in wanted.items():
        _, hard = resource.getrlimit(kind)
        limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (limit, limit))


def give_back_at_once() -> None:
    """Have the C library return freed blocks to the system, so that what is held is what is in use.

    Otherwise it keeps some, and how many depends on what was freed before: by imports, in other workers of
    the zygote. Only glibc has the switch; elsewhere nothing changes.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _OWN_BLOCK_BYTES)


def held_already(*, count_tasks: bool) -> Held:
    """Look at this process and its machine (0 where the system does not tell)."""
    if sys.platform != "linux":
        return Held(0, 0)
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    except OSError:
        return Held(0, 0)
    return Held(pages * resource.getpagesize(), _tasks_of_user() if count_tasks else 0)


def _tasks_of_user() -> int:
    """Count what the kernel counts against this user's limit (the owner in /proc may be another)."""
    user, tasks = os.getuid(), 0
    for place in Path("/proc").iterdir():
        if not place.name.isdecimal():
            continue
        try:
            status = (place / "status").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended by now
            continue
        told = dict(line.partition(":")[::2] for line in status.splitlines())
        if int(told["Uid"].split()[0]) == user:
            tasks += int(told["Threads"])
    return tasks
