"""Level ``isolated``: bubblewrap around the zygote, and namespaces of its own for every worker."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from functools import cache
from pathlib import Path, PurePosixPath

from torchgrade.remote.packages import worker_packages
from torchgrade.sandbox import Gpu, Level, Probe, View, ZygoteProcess
from torchgrade.worker import linux
from torchgrade.worker.config import Confinement
from torchgrade_plugins.sandboxes.advice import namespace_advice
from torchgrade_plugins.sandboxes.filter_program import filter_program, missing_library
from torchgrade_plugins.sandboxes.identity import FIRST_USER, namespace_of_users, pick_users
from torchgrade_plugins.sandboxes.interpreter import (
    DEVICES,
    ENVIRONMENT,
    executable,
    hidden_folders,
    python_command,
    python_files,
    python_links,
)

__all__ = ["IsolatedSandbox"]

PACKAGES = "/packages"
SCRATCH = "/tmp"  # noqa: S108 - inside the sandbox: a private file system
PROBE_SECONDS = 30
# What a keeper will do for each worker, tried once.
_TRIAL = f"""
import sys; sys.path.append({PACKAGES!r})
import os
from torchgrade.worker import filters, linux
program = sys.stdin.buffer.read()
if len(sys.argv) > 1: linux.become(int(sys.argv[1]))
linux.enter_namespaces()
child = os.fork()
if child == 0:
    import numpy
    linux.mount_private(1 << 20); linux.drop_capabilities(); filters.install(program); os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class IsolatedSandbox:
    """Own user, mount, pid, network, ipc namespaces; read-only view of Python alone; limits."""

    level = Level.ISOLATED

    def probe(self) -> Probe:
        """Start a sandbox once and do in it what is done for each worker."""
        return _probe()[0]

    def start(self, view: View) -> ZygoteProcess:
        """Start a zygote inside bubblewrap."""
        with ExitStack() as stack:
            users = stack.enter_context(namespace_of_users()) if _probe()[1] else None
            ours, theirs = socket.socketpair()
            stack.enter_context(theirs)
            process = subprocess.Popen(
                [*_wrap(view, users), *python_command(PACKAGES, theirs.fileno())],
                pass_fds=[theirs.fileno(), *([] if users is None else [users])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={},
                start_new_session=True,
            )
        return ZygoteProcess(
            process=process,
            control=ours,
            level=self.level,
            confinement=Confinement(
                namespaces=True,
                system_calls=filter_program(self.level, gpu=view.gpu is not None),
                users=None if users is None else pick_users(),
                devices=() if view.gpu is None else tuple(map(str, view.gpu.devices)),
            ),
            scratch=SCRATCH,
        )


def _wrap(view: View, users: int | None) -> list[str]:
    """Return the bubblewrap command up to the program.

    Nothing is visible but what is bound here, read-only. A user id that owns nothing is shown to
    the inside; the workers' own namespaces are made by their keepers.

    Args:
        view: what is bound beside Python.
        users: descriptor of the user namespace to enter as its root; None makes one of this user alone.
    """
    command = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--unshare-cgroup-try", "--hostname", "torchgrade", "--die-with-parent", "--new-session"]
    if users is None:
        command += ["--unshare-user", "--uid", str(linux.NOBODY), "--gid", str(linux.NOBODY)]
    else:
        command += ["--userns", str(users), "--uid", "0", "--gid", "0", "--cap-drop", "ALL"]
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    command.append("--clearenv")
    gpu = view.gpu
    environment = ENVIRONMENT if gpu is None else {**ENVIRONMENT, **gpu.environment}
    for name, value in environment.items():
        command += ["--setenv", name, value]
    binds = [(str(place), str(place)) for place in python_files()]
    packages = sorted(view.packages.items())
    binds += [(str(source.resolve()), f"{PACKAGES}/{name}") for name, source in packages]
    binds += _driver_files(gpu)
    for folder in _parents(target for _, target in binds):
        command += ["--perms", "0755", "--dir", folder]
    for source, target in binds:
        command += ["--ro-bind", source, target]
    for path, target in python_links():
        command += ["--symlink", target, path]
    for place in hidden_folders():
        command += ["--tmpfs", str(place)]
    command += ["--proc", "/proc", "--tmpfs", "/dev", "--dir", "/dev/shm", "--tmpfs", SCRATCH]  # noqa: S108
    for device in (*DEVICES, *(() if gpu is None else map(str, gpu.devices))):
        command += ["--dev-bind", device, device]
    if gpu is not None and users is not None:
        command += ["--bind", "/proc", linux.OUTSIDE]  # for the zygote alone: its workers get their own
    command += ["--chdir", SCRATCH]
    for folder in (*map(str, hidden_folders()), "/dev", "/"):
        command += ["--remount-ro", folder]
    return [*command, "--"]


def _driver_files(gpu: Gpu | None) -> list[tuple[str, str]]:
    """Return what to bind for a GPU's driver, without what is in sight: system libraries and ``/proc``."""
    if gpu is None:
        return []
    seen = [*python_files(), Path("/proc")]
    places = [*gpu.libraries, *gpu.readable]
    folders = {place: place.parent.resolve() for place in places}
    return [
        (str(place), str(place))
        for place, folder in folders.items()
        if not any(parent in seen for parent in (folder, *folder.parents))
    ]


def _parents(targets: Iterable[str]) -> list[str]:
    """Return the folders above these paths, outermost first: only their owner could enter them otherwise."""
    found = {str(parent) for target in targets for parent in PurePosixPath(target).parents}
    return sorted(found - {"/", *map(str, python_files())})


@cache
def _probe() -> tuple[Probe, bool]:
    """Return whether it works, and whether the workers can be other users than root, who grades."""
    level = Level.ISOLATED
    if sys.platform != "linux":
        return Probe(level=level, works=False, reason="it needs Linux", advice="grade on Linux"), False
    if shutil.which("bwrap") is None:
        advice = "install bubblewrap (apt-get install bubblewrap)"
        return Probe(level=level, works=False, reason="bubblewrap is not installed", advice=advice), False
    reason = missing_library()
    if reason:
        advice = "install libseccomp (apt-get install libseccomp2)"
        return Probe(level=level, works=False, reason=reason, advice=advice), False
    refusal = ""
    if os.geteuid() == 0:
        refusal = _refusal(as_others=True)
        if not refusal:
            return Probe(level=level, works=True), True
    remark = f"but not with users of its own ({refusal}): its processes are not counted" if refusal else ""
    refusal = _refusal(as_others=False)
    if not refusal:
        return Probe(level=level, works=True, remark=remark), False
    return Probe(level=level, works=False, reason=refusal, advice=namespace_advice()), False


def _refusal(*, as_others: bool) -> str:
    """Try it; return why it fails, or nothing."""
    view = View(packages=worker_packages(()), memory_bytes=1 << 20)
    program = [str(executable()), "-I", "-S", "-B", "-c", _TRIAL]
    try:
        with ExitStack() as stack:
            users = stack.enter_context(namespace_of_users()) if as_others else None
            trial = subprocess.run(
                [*_wrap(view, users), *program, *([str(FIRST_USER)] if as_others else [])],
                input=filter_program(Level.ISOLATED),
                capture_output=True,
                timeout=PROBE_SECONDS,
                check=False,
                env={},
                pass_fds=[] if users is None else [users],
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap cannot be run: {error}"
    if trial.returncode == 0:
        return ""
    lines = trial.stderr.decode(errors="replace").strip().splitlines()
    told = (lines or [f"exit status {trial.returncode}"])[-1]
    return f"namespaces are refused: {told}"
