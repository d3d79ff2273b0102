"""The few system calls that Python does not offer: namespaces, mounts, process controls.

On other systems every function here does nothing and says so by returning False.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from functools import cache

__all__ = [
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "NOBODY",
    "OUTSIDE",
    "PRIVATE_BYTES",
    "PRIVATE_FILES",
    "PRIVATE_PLACES",
    "become",
    "become_subreaper",
    "die_with_parent",
    "drop_capabilities",
    "enter_namespaces",
    "gain_no_privileges",
    "has_capability",
    "hide_from_tracing",
    "mount_private",
    "offer_to_oom_killer",
    "show_to_itself",
]

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_KEEPCAPS = 8
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 2, 4
NOBODY = 65_534
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
SIGKILL = 9
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
NAMESPACES = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
PRIVATE_BYTES = 256 * 1024 * 1024
PRIVATE_FILES = 16_384
OUTSIDE = "/outside"
"""Where a sandbox with a GPU shows its zygote a whole ``/proc``: else the kernel gives no worker its own."""
PRIVATE_PLACES = ("/tmp", "/dev/shm")  # noqa: S108 - file systems of the worker's own
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _prctl(option: int, value: int = 0) -> int:
    return int(_libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def become_subreaper() -> bool:
    """Inherit orphaned descendants, so that none escapes by forking twice."""
    if sys.platform != "linux":
        return False
    _check(_prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper")
    return True


def die_with_parent() -> bool:
    """Ask for SIGKILL when the process that forked this one ends."""
    if sys.platform != "linux":
        return False
    _check(_prctl(PR_SET_PDEATHSIG, SIGKILL), "parent death signal")
    return True


def hide_from_tracing() -> bool:
    """Make this process and its future children untraceable for processes of the same user."""
    if sys.platform != "linux":
        return False
    _check(_prctl(PR_SET_DUMPABLE, 0), "dumpable")
    return True


def show_to_itself() -> bool:
    """Let this process and its future children own their files in ``/proc``, so that they can write there.

    Whoever must not trace them is held back otherwise.
    """
    if sys.platform != "linux":
        return False
    _check(_prctl(PR_SET_DUMPABLE, 1), "dumpable")
    return True


def become(user: int, *, keeping: int | None = None) -> None:
    """Give up being root for good, for a user and a group of this number, without capabilities.

    Args:
        user: its number.
        keeping: the one capability to keep, if any.

    Raises:
        OSError: if the system refuses.
    """
    _bound_capabilities(keeping)
    _check(_prctl(PR_SET_KEEPCAPS, int(keeping is not None)), "keep capabilities")
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _set_capabilities(0 if keeping is None else 1 << keeping)
    if keeping is not None:
        # Otherwise a program that it starts could not read its own libraries.
        _check(_libc().prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, keeping, 0, 0), "ambient capability")
    # Otherwise its own files in /proc would belong to root.
    _check(_prctl(PR_SET_DUMPABLE, 1), "dumpable")


def has_capability(capability: int) -> bool:
    """Tell whether this process may use a capability."""
    if sys.platform != "linux":
        return False
    header, sets = _CapabilityHeader(CAPABILITY_VERSION_3, 0), _CapabilitySets()
    _check(_libc().capget(ctypes.byref(header), ctypes.byref(sets)), "capabilities")
    return bool(sets.values[capability // 32 * 3] & 1 << capability % 32)


def offer_to_oom_killer() -> None:
    """Let the kernel end this process and its children before any other when memory runs out.

    The limit on data does not count shared mappings.
    """
    with contextlib.suppress(OSError):
        _write("/proc/self/oom_score_adj", "1000")


def enter_namespaces() -> None:
    """Move into new user, mount, uts, ipc, net and (for children) pid namespaces, as nobody.

    Raises:
        OSError: if the system refuses.
    """
    user, group = os.getuid(), os.getgid()
    _check(_libc().unshare(NAMESPACES), "new namespaces")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{NOBODY} {user} 1")
    _write("/proc/self/gid_map", f"{NOBODY} {group} 1")


def mount_private(memory_bytes: int, *, proc: bool = False) -> None:
    """Give this mount namespace its own empty ``/tmp`` and ``/dev/shm``, no terminals and no ``/proc``.

    Args:
        memory_bytes: size of each, at the most.
        proc: instead of none, a ``/proc`` of the pid namespace of this process.

    Raises:
        OSError: if the system refuses.
    """
    _check(_libc().mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "private mounts")
    size = min(memory_bytes, PRIVATE_BYTES)
    sized = f"size={size},nr_inodes={PRIVATE_FILES},mode=700".encode()
    flags = MS_NOSUID | MS_NODEV
    for target in map(os.fsencode, PRIVATE_PLACES):
        if os.path.isdir(target):  # noqa: PTH112 - bytes, as mount(2) takes them
            _check(_libc().mount(b"tmpfs", target, b"tmpfs", flags, sized), f"mount {target!r}")
    if proc:
        _check(_libc().mount(b"proc", b"/proc", b"proc", flags | MS_NOEXEC, None), "mount /proc")
    empty = MS_RDONLY | flags | MS_NOEXEC
    for target in (b"/dev/pts", os.fsencode(OUTSIDE), *(() if proc else (b"/proc",))):
        if os.path.isdir(target):  # noqa: PTH112
            _check(_libc().mount(b"tmpfs", target, b"tmpfs", empty, b"size=0,mode=555"), f"hide {target!r}")


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySets(ctypes.Structure):
    _fields_ = (("values", ctypes.c_uint32 * 6),)


def drop_capabilities() -> bool:
    """Give up every capability, and for good: no program can grant one again."""
    if sys.platform != "linux":
        return False
    _bound_capabilities(None)
    _set_capabilities(0)
    return gain_no_privileges()


def _bound_capabilities(kept: int | None) -> None:
    """Let no program grant any but this one from now on."""
    for capability in range(LAST_CAPABILITY + 1):
        # It fails past the last one that this kernel knows, or without the right: then there is none to lose.
        if capability != kept and _prctl(PR_CAPBSET_DROP, capability) != 0:
            break
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)


def _set_capabilities(mask: int) -> None:
    """Hold just these: usable, to be had, and handed on."""
    low, high = mask & 0xFFFF_FFFF, mask >> 32
    sets = _CapabilitySets((ctypes.c_uint32 * 6)(low, low, low, high, high, high))
    header = _CapabilityHeader(CAPABILITY_VERSION_3, 0)
    _check(_libc().capset(ctypes.byref(header), ctypes.byref(sets)), "capabilities")


def gain_no_privileges() -> bool:
    """Make set-user-id programs and file capabilities grant nothing from now on."""
    if sys.platform != "linux":
        return False
    _check(_prctl(PR_SET_NO_NEW_PRIVS, 1), "no new privileges")
    return True


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - one write(2), as the kernel wants it
        file.write(text)
