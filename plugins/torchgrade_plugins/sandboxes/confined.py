"""Level ``confined``: no namespaces to be had, so every worker gives up what it does not need.

Landlock for files, a filter of system calls for the rest, and, where root grades, a user of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import msgspec

from torchgrade.remote.packages import worker_packages
from torchgrade.sandbox import Level, Probe, View, ZygoteProcess
from torchgrade.worker.config import Confinement
from torchgrade.worker.landlock import highest_version
from torchgrade.worker.linux import CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, has_capability
from torchgrade_plugins.sandboxes.beside import (
    environment,
    make_folders,
    packages_folder,
    scratch_folder,
    start_beside,
)
from torchgrade_plugins.sandboxes.filter_program import filter_program, missing_library
from torchgrade_plugins.sandboxes.identity import FIRST_USER, USERS, pick_users
from torchgrade_plugins.sandboxes.interpreter import DEVICES, executable, hidden_folders, python_files

__all__ = ["ConfinedSandbox"]

PROBE_SECONDS = 30
# What is done to each worker, tried once, and whether it holds.
_TRIAL = """
import os, sys
sys.path.append(sys.argv[1])
import msgspec
from torchgrade.worker.config import Confinement
from torchgrade.worker.confine import choose_user, confine
confinement = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Confinement)
child = os.fork()
if child == 0:
    status = 1
    try:
        user, folder = choose_user(confinement), os.path.join(sys.argv[2], "trial")
        os.mkdir(folder)
        if user is not None:
            os.chown(folder, user, user)
        confine(confinement, folder, user)
        import numpy, wave
        open(os.path.join(folder, "file"), "x").close()
        try:
            open(sys.argv[3])
        except PermissionError:
            status = 0
        else:
            print("files are not held back", file=sys.stderr)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.stderr.flush()
    os._exit(status)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class ConfinedSandbox:
    """Landlock, filtered system calls, own user where root grades, limits; beside the grader."""

    level = Level.CONFINED

    def probe(self) -> Probe:
        """Do once, in a process of its own, what is done to each worker."""
        return _probe()

    def start(self, view: View) -> ZygoteProcess:
        """Start a zygote beside us; its workers are confined when they are forked."""
        temporary = make_folders(view)
        try:
            confinement = _confinement(view, temporary)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        return start_beside(self.level, temporary, confinement, view.gpu)


def _confinement(view: View, temporary: Path) -> Confinement:
    readable, listable = _python_places()
    packages = [place.resolve() for place in view.packages.values()]
    devices = [Path(device) for device in DEVICES if Path(device).exists()]
    gpu = view.gpu
    driver = () if gpu is None else (*gpu.libraries, *gpu.readable)
    whole = [*readable, *packages, packages_folder(temporary), *devices, *driver]
    users, capability = _users([*readable, *packages])
    return Confinement(
        readable=tuple(map(str, dict.fromkeys(whole))),
        listable=tuple(map(str, listable)),
        system_calls=filter_program(Level.CONFINED, gpu=gpu is not None),
        users=users,
        capability=capability,
        devices=() if gpu is None else tuple(map(str, gpu.devices)),
    )


@cache
def _python_places() -> tuple[list[Path], list[Path]]:
    """Return what is readable of Python's own files, and folders that can only be listed.

    Landlock's rules hold for everything below a path: of a folder with third-party packages in it
    everything else is named one by one.
    """
    hidden = {folder.resolve() for folder in hidden_folders()}
    readable: list[Path] = []
    listable: list[Path] = []
    pending = [place.resolve() for place in python_files()]
    while pending:
        place = pending.pop()
        if place in hidden:
            continue
        if any(place in folder.parents for folder in hidden):
            listable.append(place)
            pending += place.iterdir()
        elif place.exists():
            readable.append(place)
    return sorted(readable), sorted(listable)


def _users(places: list[Path]) -> tuple[tuple[int, int] | None, int | None]:
    """Return the users that workers shall be, and the capability that they need to read these places.

    An interpreter in root's home can be read by no other user. Landlock bounds what such a right is good for;
    changing modes and owners, where it does not, is refused as a system call.
    """
    if os.geteuid() != 0 or not _maps_users():
        return None, None
    if all(_readable_by_all(place) for place in places):
        return pick_users(), None
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if has_capability(capability):
            return pick_users(), capability
    return None, None


def _maps_users() -> bool:
    """Tell whether this user namespace knows the workers' users (a rootless container may know few)."""
    last = FIRST_USER + USERS
    for name in ("uid_map", "gid_map"):
        lines = Path("/proc/self", name).read_text(encoding="ascii").splitlines()
        ranges = [tuple(map(int, line.split())) for line in lines]
        if not any(inside <= FIRST_USER and last <= inside + count for inside, _, count in ranges):
            return False
    return True


def _readable_by_all(place: Path) -> bool:
    execute, read = 0o001, 0o004
    return bool(place.stat().st_mode & read) and all(
        parent.stat().st_mode & execute for parent in place.parents
    )


@cache
def _probe() -> Probe:
    reason, advice = _missing()
    if not reason:
        reason, advice = _refusal(), "'torchgrade doctor' on the machine outside may show more"
    if not reason:
        return Probe(level=Level.CONFINED, works=True, remark=_remark())
    return Probe(level=Level.CONFINED, works=False, reason=reason, advice=advice)


def _missing() -> tuple[str, str]:
    """Return what this machine lacks, and how to get it; empty if nothing."""
    if sys.platform != "linux":
        return "it needs Linux", "grade on Linux"
    if highest_version() == 0:
        advice = (
            "Linux 5.13 or later with 'landlock' in the boot option lsm=; in a container a seccomp profile"
            " that lets landlock_* through (Docker 23 or later)"
        )
        return "this kernel has no Landlock, or it is switched off or refused", advice
    reason = missing_library()
    return reason, "install libseccomp (apt-get install libseccomp2)" if reason else ""


def _remark() -> str:
    if _users([]) == (None, None):
        return "its processes share this user, whom only a filter of system calls keeps apart"
    return ""


def _refusal() -> str:
    """Try it; return why it fails, or nothing."""
    view = View(packages=worker_packages(()), memory_bytes=1 << 20)
    temporary = make_folders(view)
    try:
        confinement = _confinement(view, temporary)
        secret = temporary / "secret"
        secret.touch(mode=0o644)
        trial = subprocess.run(
            [
                *(str(executable()), "-I", "-S", "-B", "-c", _TRIAL),
                *(str(packages_folder(temporary)), str(scratch_folder(temporary)), str(secret)),
            ],
            input=msgspec.msgpack.encode(confinement),
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
            env=dict(environment(temporary)),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it cannot be tried: {error}"
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    if trial.returncode == 0:
        return ""
    told = trial.stderr.decode(errors="replace").strip().splitlines()
    return f"it is refused: {(told or [f'exit status {trial.returncode}'])[-1]}"
