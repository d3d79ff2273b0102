"""Level ``isolated``: bubblewrap around the zygote, and namespaces of its own for every worker."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from functools import cache

from torchgrade.remote.packages import worker_packages
from torchgrade.sandbox import Level, Probe, View, ZygoteProcess
from torchgrade_plugins.sandboxes.interpreter import (
    ENVIRONMENT,
    executable,
    hidden_folders,
    python_command,
    python_files,
)

__all__ = ["IsolatedSandbox"]

PACKAGES = "/packages"
SCRATCH = "/tmp"  # noqa: S108 - inside the sandbox: a private file system
NOBODY = "65534"
PROBE_SECONDS = 30
# What a keeper will do for each worker, tried once.
_TRIAL = f"""
import sys; sys.path.append({PACKAGES!r})
import os
from torchgrade.worker import linux
linux.enter_namespaces()
child = os.fork()
if child == 0:
    linux.mount_private(1 << 20); linux.drop_capabilities(); os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class IsolatedSandbox:
    """Own user, mount, pid, network, ipc namespaces; read-only view of Python alone; limits."""

    level = Level.ISOLATED

    def probe(self) -> Probe:
        """Start a sandbox once and do in it what is done for each worker."""
        return _probe()

    def start(self, view: View) -> ZygoteProcess:
        """Start a zygote inside bubblewrap."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [*_wrap(view), *python_command(PACKAGES, theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={},
                start_new_session=True,
            )
        return ZygoteProcess(process=process, control=ours, level=self.level, scratch=SCRATCH)


def _wrap(view: View) -> list[str]:
    """Return the bubblewrap command up to the program.

    Nothing is visible but what is bound here, read-only. A user id that owns nothing is shown to
    the inside; the workers' own namespaces are made by their keepers.
    """
    command = ["bwrap", "--unshare-all", "--unshare-user", "--uid", NOBODY, "--gid", NOBODY]
    command += ["--hostname", "torchgrade", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    for place in python_files():
        command += ["--ro-bind", str(place), str(place)]
    for place in hidden_folders():
        command += ["--tmpfs", str(place)]
    for name, source in sorted(view.packages.items()):
        command += ["--ro-bind", str(source.resolve()), f"{PACKAGES}/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", SCRATCH, "--chdir", SCRATCH]
    for folder in (*map(str, hidden_folders()), "/dev", "/"):
        command += ["--remount-ro", folder]
    return [*command, "--"]


@cache
def _probe() -> Probe:
    level = Level.ISOLATED
    if sys.platform != "linux":
        return Probe(level=level, works=False, reason="it needs Linux", advice="grade on Linux")
    if shutil.which("bwrap") is None:
        advice = "install bubblewrap (apt-get install bubblewrap)"
        return Probe(level=level, works=False, reason="bubblewrap is not installed", advice=advice)
    view = View(packages=worker_packages(()), memory_bytes=1 << 20)
    command = [*_wrap(view), str(executable()), "-I", "-S", "-B", "-c", _TRIAL]
    try:
        trial = subprocess.run(
            command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False, env={}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Probe(level=level, works=False, reason=f"bubblewrap cannot be run: {error}")
    if trial.returncode == 0:
        return Probe(level=level, works=True)
    told = (trial.stderr.strip().splitlines() or [f"exit status {trial.returncode}"])[-1]
    advice = (
        "allow unprivileged user namespaces: on Ubuntu 24.04 'sysctl"
        " kernel.apparmor_restrict_unprivileged_userns=0'; in Docker a seccomp profile that permits them"
    )
    return Probe(level=level, works=False, reason=f"namespaces are refused: {told}", advice=advice)
