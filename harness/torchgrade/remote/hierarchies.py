"""Where on this machine control groups can be made, and what their files are called."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HOME_PREFIX", "PREFIX", "Hierarchy", "NoGroupsError", "find_hierarchies"]

PREFIX = "torchgrade-"
HOME_PREFIX = f"{PREFIX}home-"
"""Name of the group that graders move into, so that the one above it can have groups with limits."""
_NEEDED = frozenset({"memory", "pids"})
_ADVICE = {
    "rights": "start it as 'systemd-run --user --scope -p Delegate=yes torchgrade …', or in a container that"
    " may write to /sys/fs/cgroup",
    "alone": "start it by itself: 'systemd-run --user --scope -p Delegate=yes torchgrade …'",
}


class NoGroupsError(Exception):
    """There can be no control groups here; the text says why, ``advice`` what helps."""

    def __init__(self, reason: str, advice: str = "rights") -> None:
        super().__init__(reason)
        self.advice = _ADVICE[advice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """A group below which ours are made.

    Attributes:
        version: 1 or 2.
        base: folder of the group.
        controllers: what can be limited there; elsewhere groups only gather processes.
    """

    version: int
    base: Path
    controllers: frozenset[str]

    def limit(self, place: Path, memory_bytes: int, processes: int) -> None:
        """Set the limits of a new group.

        Raises:
            OSError: if the system refuses.
        """
        if "memory" in self.controllers:
            size = str(memory_bytes)
            if self.version == 1:
                _write(place / "memory.limit_in_bytes", size)
                _write_if_there(place / "memory.memsw.limit_in_bytes", size)
            else:
                _write(place / "memory.max", size)
                _write_if_there(place / "memory.swap.max", "0")
                _write_if_there(place / "memory.oom.group", "1")
        if "pids" in self.controllers:
            _write(place / "pids.max", str(processes))

    def kill(self, place: Path) -> None:
        """Send SIGKILL to all that is in a group and can be seen from here."""
        with contextlib.suppress(OSError):
            _write_if_there(place / "pids.max", "0")  # nothing that is left shall multiply meanwhile
            _write_if_there(place / "cgroup.kill", "1")
            for pid in _pids(place) - {0}:  # 0 is one that cannot be seen
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)

    def memory_kills(self, place: Path) -> int:
        """Return how many processes of a group the kernel has ended for want of memory."""
        if "memory" not in self.controllers:
            return 0
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        with contextlib.suppress(OSError, ValueError):
            counts = dict(line.split() for line in (place / name).read_text(encoding="ascii").splitlines())
            return int(counts.get("oom_kill", "0"))
        return 0

    def tells_peak(self, place: Path) -> bool:
        """Tell whether a group notes the most bytes that it held: with version 2 since Linux 5.19."""
        return "memory" in self.controllers and (place / self._peak_name).exists()

    def memory_peak(self, place: Path) -> int:
        """Return the most bytes that a group held; 0 if that is not noted."""
        if "memory" not in self.controllers:
            return 0
        with contextlib.suppress(OSError, ValueError):
            return int((place / self._peak_name).read_text(encoding="ascii"))
        return 0

    @property
    def _peak_name(self) -> str:
        return "memory.max_usage_in_bytes" if self.version == 1 else "memory.peak"


def find_hierarchies(process: Path = Path("/proc/self")) -> tuple[Hierarchy, ...]:
    """Return where this process can make groups with limits, that of memory first.

    With version 2 this process may move itself, and what it has started, into a group of their own.

    Args:
        process: its folder in /proc.

    Raises:
        NoGroupsError: if there is no such place.
    """
    groups = _own_groups(process)
    if not groups:
        raise NoGroupsError("no control groups are in sight")
    try:
        return _find_second(groups)
    except NoGroupsError as refusal:
        if not groups.keys() >= _NEEDED:
            raise refusal from None
    found = tuple(
        Hierarchy(version=1, base=groups[name], controllers=frozenset({name})) for name in sorted(_NEEDED)
    )
    nested = groups["memory"] / "memory.use_hierarchy"
    if nested.exists() and nested.read_text(encoding="ascii").strip() != "1":
        raise NoGroupsError("limits of memory do not nest here (memory.use_hierarchy)")
    return found


def _find_second(groups: dict[str, Path]) -> tuple[Hierarchy, ...]:
    if "" not in groups:
        raise NoGroupsError("no control groups of version 2 are in sight")
    return (Hierarchy(version=2, base=_second_base(groups[""]), controllers=_NEEDED),)


def _own_groups(process: Path) -> dict[str, Path]:
    """Return the folders of the groups that a process is in, by controller; ``""`` stands for version 2."""
    try:
        lines = (process / "cgroup").read_text(encoding="utf-8").splitlines()
        mounts = (process / "mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    paths: dict[str, str] = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        paths |= dict.fromkeys(controllers.split(","), path)
    found: dict[str, Path] = {}
    for line in mounts:
        head, _, tail = line.partition(" - ")
        root, place = (_unescaped(text) for text in head.split()[3:5])
        kind, *_, options = tail.split()
        names = [""] if kind == "cgroup2" else options.split(",") if kind == "cgroup" else []
        for name in names:
            inside = _below(root, paths.get(name))
            if inside is not None and (Path(place) / inside / "cgroup.procs").exists():
                found[name] = Path(place) / inside
    return found


def _below(root: str, path: str | None) -> str | None:
    """Return a group's path below the group that is mounted; None if it lies elsewhere."""
    if path is None or path.startswith("/.."):
        return None
    if root == "/":
        return path.lstrip("/")
    return path[len(root) :].lstrip("/") if f"{path}/".startswith(f"{root}/") else None


def _unescaped(text: str) -> str:
    for code, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        text = text.replace(code, character)
    return text


def _second_base(own: Path) -> Path:
    """Return the group of version 2 below which groups have limits, making it one where need be.

    A group whose children have limits holds no processes itself, so those that are in it, if they are
    ours alone, move into a child first.
    """
    if own.name.startswith(HOME_PREFIX) and _words(own.parent / "cgroup.subtree_control") >= _NEEDED:
        return own.parent
    if _words(own / "cgroup.subtree_control") >= _NEEDED:
        return own
    if not _words(own / "cgroup.controllers") >= _NEEDED:
        raise NoGroupsError("its control group has no controllers of memory and processes")
    if not os.access(own / "cgroup.subtree_control", os.W_OK):
        raise NoGroupsError("its control group is not its own to change")
    if any(place.is_dir() and not place.name.startswith(PREFIX) for place in own.iterdir()):
        raise NoGroupsError("its control group holds other groups", "alone")
    if not _pids(own) <= _ours():
        raise NoGroupsError("other processes are in its control group", "alone")
    _settle(own)
    return own


def _settle(own: Path) -> None:
    """Move all processes of a group, which are ours, into a child, and let its children have limits."""
    home = own / f"{HOME_PREFIX}{os.getpid()}"
    with contextlib.ExitStack() as undo:
        try:
            home.mkdir(exist_ok=True)
            undo.callback(_give_up, own, home)
            while ours := _pids(own) & _ours():
                _move(ours, home)
            _write(own / "cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(_NEEDED)))
        except OSError as error:
            raise NoGroupsError(f"its control group cannot be divided ({error.strerror})") from error
        undo.pop_all()


def _give_up(own: Path, home: Path) -> None:
    with contextlib.suppress(OSError):
        _move(_pids(home), own)
        home.rmdir()


def _move(pids: Iterable[int], group: Path) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            _write(group / "cgroup.procs", str(pid))


def _ours() -> set[int]:
    """Return this process and all its descendants."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(place.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(place.parent.name))
    found, pending = set[int](), [os.getpid()]
    while pending:
        pid = pending.pop()
        found.add(pid)
        pending += children.get(pid, ())
    return found


def _pids(group: Path) -> set[int]:
    return set(map(int, (group / "cgroup.procs").read_text(encoding="ascii").split()))


def _words(path: Path) -> set[str]:
    try:
        return set(path.read_text(encoding="ascii").split())
    except OSError:
        return set()


def _write(path: Path, text: str) -> None:
    """Write to a file of the kernel, which is there already."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)


def _write_if_there(path: Path, text: str) -> None:
    """Write to a file that only some kernels have."""
    with contextlib.suppress(FileNotFoundError):
        _write(path, text)
