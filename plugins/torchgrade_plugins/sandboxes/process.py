"""Level ``process``: a process of its own with limits. For a student's own machine."""

from __future__ import annotations

import sys

from torchgrade.sandbox import Level, Probe, View, ZygoteProcess
from torchgrade.worker.config import Confinement
from torchgrade_plugins.sandboxes.beside import make_folders, start_beside

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
        devices = () if view.gpu is None else tuple(map(str, view.gpu.devices))
        return start_beside(self.level, make_folders(view), Confinement(devices=devices), view.gpu)
