"""Level ``process``: a process of its own with limits. For a student's own machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from torchgrade.sandbox import Level, Probe, View, ZygoteProcess
from torchgrade_plugins.sandboxes.interpreter import ENVIRONMENT, python_command

__all__ = ["ProcessSandbox"]


class ProcessSandbox:
    """Separate process, limits, a bare import path. Holds no files and no network back."""

    level = Level.PROCESS

    def probe(self) -> Probe:
        """Works wherever processes can be forked."""
        works = sys.platform != "win32"
        reason = "" if works else "this system cannot fork processes"
        advice = "" if works else "grade in WSL or in a Linux container"
        return Probe(level=self.level, works=works, reason=reason, advice=advice)

    def start(self, view: View) -> ZygoteProcess:
        """Start a zygote beside us."""
        temporary = Path(tempfile.mkdtemp(prefix="torchgrade-"))
        packages, scratch = temporary / "packages", temporary / "scratch"
        scratch.mkdir()
        try:
            for name, target in view.packages.items():
                link = packages / name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(target)
            ours, theirs = socket.socketpair()
            with theirs:
                process = subprocess.Popen(
                    python_command(str(packages), theirs.fileno()),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env={**ENVIRONMENT, "HOME": str(scratch), "TMPDIR": str(scratch)},
                    cwd=scratch,
                    start_new_session=True,
                )
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        return ZygoteProcess(
            process=process, control=ours, level=self.level, scratch=str(scratch), temporary=temporary
        )
