"""When root grades: a user namespace of many users, so that each worker is somebody else outside too.

What is shown as another user inside is still root to the kernel if root is all that is mapped: its limit
on processes does not bind, and files of root are its own. And what the kernel counts for each user (buffers
of pipes, queued signals) two workers of one user take from each other.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torchgrade_plugins.sandboxes.interpreter import executable

__all__ = ["FIRST_USER", "USERS", "namespace_of_users", "pick_users"]

# Those that systemd keeps for services of a moment: no files are theirs.
FIRST_USER, USERS = 61_184, 4_336
PARTS = 16
# Mapped to themselves: the one that sets the sandbox up, and those that workers become.
_MAP = f"0 0 1\n{FIRST_USER} {FIRST_USER} {USERS}\n"
_HOLDER = """
import ctypes, sys
CLONE_NEWUSER = 0x10000000
print(ctypes.CDLL(None).unshare(CLONE_NEWUSER), flush=True)
sys.stdin.read()
"""


def pick_users() -> tuple[int, int]:
    """Return a part of those users for one zygote, so that two that run side by side rarely share one."""
    number = USERS // PARTS
    return FIRST_USER + number * random.randrange(PARTS), number  # noqa: S311 - no secret


@contextmanager
def namespace_of_users() -> Iterator[int]:
    """Give a descriptor of a new user namespace that maps root and the workers' users to themselves.

    Raises:
        OSError: if the system refuses.
    """
    command = [str(executable()), "-I", "-S", "-B", "-c", _HOLDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        if holder.stdout.readline() != b"0\n":
            raise OSError("a new user namespace is refused")
        place = Path("/proc", str(holder.pid))
        for name in ("uid_map", "gid_map"):
            (place / name).write_text(_MAP, encoding="ascii")
        namespace = os.open(place / "ns" / "user", os.O_RDONLY)
    try:
        yield namespace
    finally:
        os.close(namespace)
