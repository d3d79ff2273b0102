"""Landlock: a process gives up, for itself and its children, every file but those it names.

Only what opens, makes, moves or removes files is held. Looking at a file's size and times, changing its mode
or owner and locking it are not: a filter of system calls must refuse those.

Source: Documentation/userspace-api/landlock.rst of the Linux kernel.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from functools import cache

__all__ = ["highest_version", "restrict"]

# The same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
# What each version of the interface can hold back, all versions before it included.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK_RIGHTS = {4: (1 << 2) - 1}
_SCOPES = {6: (1 << 2) - 1}

_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_WRITE = ~(_MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK | _IOCTL_DEV)
_CONTROL = _READ_FILE | _WRITE_FILE | _IOCTL_DEV
_CHANGE = _READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("parent", ctypes.c_int32))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def highest_version() -> int:
    """Return the version of the kernel's interface, 0 if there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)))


def restrict(
    readable: Iterable[str],
    listable: Iterable[str],
    writable: Iterable[str],
    *,
    controllable: Iterable[str] = (),
    changeable: Iterable[str] = (),
) -> None:
    """Leave this process nothing but these paths, for good.

    TCP, signals and abstract sockets towards others are given up too where the kernel knows how.

    Args:
        readable: files and folders to read, list and execute.
        listable: folders to list, with all folders in them.
        writable: as readable, and to make, change and remove what lies in them.
        controllable: device files to read, write and control.
        changeable: folders whose files may be read and written, but not made or removed.

    Raises:
        OSError: if the system refuses, or a path is not there.
    """
    version = highest_version()
    files = _latest(_FILE_RIGHTS, version)
    wanted = _Ruleset(files, _latest(_NETWORK_RIGHTS, version), _latest(_SCOPES, version))
    rules = _call(_CREATE_RULESET, ctypes.byref(wanted), ctypes.sizeof(wanted), 0)
    try:
        for paths, rights in (
            (readable, _READ),
            (listable, _READ_DIR),
            (writable, _WRITE),
            (controllable, _CONTROL),
            (changeable, _CHANGE),
        ):
            for path in paths:
                _allow(rules, path, rights & files)
        _call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_A_FILE
        rule = _PathBeneath(rights, place)
        _call(_ADD_RULE, rules, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)


def _latest(rights: dict[int, int], version: int) -> int:
    return max((right for since, right in rights.items() if since <= version), default=0)


def _call(number: int, *arguments: object) -> int:
    status = int(_libc().syscall(number, *arguments))
    if status < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"landlock: {os.strerror(error)}")
    return status
