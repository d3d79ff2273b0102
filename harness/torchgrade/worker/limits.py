"""Limits of one worker process, set before any of the student's code runs."""

from __future__ import annotations

import sys
from pathlib import Path

from torchgrade.worker.config import ZygoteConfig

__all__ = ["data_bytes", "set_limits"]

CPU_GRACE_SECONDS = 5


def set_limits(config: ZygoteConfig, held_bytes: int) -> None:
    """Bound memory, time, files and processes of this process and of what it starts.

    Memory is bounded as data (heap and private writable mappings) beyond what the zygote holds
    already: an address-space limit would refuse what torch merely reserves.

    Args:
        config: the limits.
        held_bytes: what ``data_bytes`` told while /proc was in sight.
    """
    if sys.platform == "win32":
        return
    import resource

    wanted = {
        resource.RLIMIT_CPU: config.cpu_seconds + CPU_GRACE_SECONDS,
        resource.RLIMIT_FSIZE: config.file_bytes,
        resource.RLIMIT_NOFILE: config.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: held_bytes + config.memory_bytes,
    }
    if config.namespaces:
        # Counted per user and user namespace; without one it would count the whole desktop.
        wanted[resource.RLIMIT_NPROC] = config.processes
    for kind, value in wanted.items():
        _, hard = resource.getrlimit(kind)
        limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (limit, limit))


def data_bytes() -> int:
    """Size of this process's data segment (0 where the system does not tell)."""
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    except OSError:
        return 0
    return pages * resource.getpagesize()
