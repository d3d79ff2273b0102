"""What would make namespaces work on this machine: each that refuses them has a switch of its own."""

from __future__ import annotations

from pathlib import Path

__all__ = ["namespace_advice"]

PAGE = "docs/how-to/get-a-stronger-sandbox.md has the whole of it"
_MARKS_OF_CONTAINERS = (".dockerenv", "run/.containerenv")
# A switch of the kernel, the value by which it refuses, and what to write instead.
_SWITCHES = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
    ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "user.max_user_namespaces=16384"),
)
_IN_A_CONTAINER = (
    "start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
    " --security-opt systempaths=unconfined (Docker, Podman)"
)


def namespace_advice(root: Path = Path("/")) -> str:
    """Return what to do where unprivileged user namespaces or mounts in them are refused.

    Args:
        root: where ``proc`` and the marks of containers are looked for.
    """
    found = []
    for name, refusing, setting in _SWITCHES:
        try:
            value = (root / "proc" / "sys" / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if value == refusing:
            found.append(f"sudo sysctl -w {setting}")
    if any((root / mark).exists() for mark in _MARKS_OF_CONTAINERS):
        outside = f", and on the machine outside: {'; '.join(found)}" if found else ""
        return f"{_IN_A_CONTAINER}{outside}; {PAGE}"
    if found:
        return f"{'; '.join(found)}; {PAGE}"
    return f"allow unprivileged user namespaces; if this is a container, {_IN_A_CONTAINER}; {PAGE}"
