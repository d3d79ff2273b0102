"""When root grades: a user namespace of two users, so that its workers are somebody else outside too.

What is shown as another user inside is still root to the kernel if root is all that is mapped: its limit
on processes does not bind, and files of root are its own.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torchgrade_plugins.sandboxes.interpreter import executable

__all__ = ["NOBODY", "namespace_of_two"]

NOBODY = 65_534
# Mapped to themselves: the one that sets the sandbox up, and the one that the zygote becomes.
_MAP = f"0 0 1\n{NOBODY} {NOBODY} 1\n"
_HOLDER = """
import ctypes, sys
CLONE_NEWUSER = 0x10000000
print(ctypes.CDLL(None).unshare(CLONE_NEWUSER), flush=True)
sys.stdin.read()
"""


@contextmanager
def namespace_of_two() -> Iterator[int]:
    """Give a descriptor of a new user namespace that maps root and nobody to themselves.

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
