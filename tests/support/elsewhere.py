"""Runs a command as it would run elsewhere: as an ordinary user, or in a container that refuses namespaces.

    python elsewhere.py [--user NUMBER --home FOLDER] [--container] [--show PATH ...] -- COMMAND ...

Needs root. ``--show`` makes paths visible to that user although a folder above them is closed (an interpreter
in root's home): in a mount namespace of its own, so nothing of the machine changes. There the user has a
name, too.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import os
import tempfile
from pathlib import Path

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 1 << 14, 1 << 18
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
# What Docker leaves root in a container unless it is asked for more or less.
DOCKER_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
NAMESPACES = 0x7E020000
NAME = "ordinary"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", type=int)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--container", action="store_true")
    parser.add_argument("--show", type=Path, action="append", default=[])
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    environment = dict(os.environ)
    if options.user is not None:
        _check(_libc().unshare(CLONE_NEWNS), "a mount namespace of its own")
        _check(_libc().mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "private mounts")
        _show(options.show)
        _name(options.user, options.home)
        os.chown(options.home, options.user, options.user)
        environment.update(HOME=str(options.home), USER=NAME, TMPDIR=str(options.home))
    if options.container:
        _drop_to_docker()
    if options.user is not None:
        os.chdir(options.home)
        os.setgroups([])
        os.setresgid(options.user, options.user, options.user)
        os.setresuid(options.user, options.user, options.user)
    if options.container:
        _refuse_namespaces()
    os.execvpe(options.command[0], options.command, environment)


def _show(paths):
    """Lay an open, empty folder over each closed one, with nothing in it but what leads to the paths."""
    closed = {}
    for path in paths:
        first = next((parent for parent in reversed(path.parents) if not parent.stat().st_mode & 1), None)
        if first is not None:
            inside = first / path.relative_to(first).parts[0]
            closed.setdefault(first, {})[inside] = os.open(inside, os.O_PATH)
    for folder, kept in closed.items():
        _mount_empty(folder)
        for path, descriptor in kept.items():
            source = Path(f"/proc/self/fd/{descriptor}")
            _bind(source, _made(path, like=source))
            os.close(descriptor)


def _made(path, *, like):
    if like.is_dir():
        path.mkdir()
    else:
        path.touch()
    return path


def _name(user, home):
    """Give the user a name, in this mount namespace only."""
    for place, line in (
        (Path("/etc/passwd"), f"{NAME}:x:{user}:{user}::{home}:/bin/sh\n"),
        (Path("/etc/group"), f"{NAME}:x:{user}:\n"),
    ):
        with tempfile.NamedTemporaryFile("w", dir=home, delete=False) as file:
            file.write(place.read_text() + line)
        Path(file.name).chmod(0o644)
        _bind(Path(file.name), place)
        Path(file.name).unlink()


def _drop_to_docker():
    for capability in range(64):
        if capability not in DOCKER_CAPABILITIES:
            _libc().prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    mask = sum(1 << capability for capability in DOCKER_CAPABILITIES)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)(mask, mask, 0, 0, 0, 0)
    _check(_libc().capset(header, sets), "capabilities")


def _refuse_namespaces():
    """Put on what stands for a container's filter: no namespaces, no mounts."""
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in ("unshare", "setns", "mount", "umount2", "pivot_root", "ptrace", "keyctl"):
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    for flag in (1 << bit for bit in range(32) if NAMESPACES >> bit & 1):
        condition = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag)
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", condition)
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    _libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    rules.load()


def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _bind(source, target):
    status = _libc().mount(bytes(source), bytes(target), None, MS_BIND | MS_REC, None)
    _check(status, f"{target} as {source}")


def _mount_empty(folder):
    _check(_libc().mount(b"tmpfs", bytes(folder), b"tmpfs", 0, b"mode=755"), f"an empty {folder}")


def _check(status, what):
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
