"""What every sandbox provides: a zygote, started at an announced level.

A zygote is a warm, empty process that is confined already and from which workers are forked. The
levels and what they hold are described in docs/security.md.
"""

from __future__ import annotations

import enum
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torchgrade.worker.config import Confinement

__all__ = ["Gpu", "Level", "Probe", "Sandbox", "View", "ZygoteProcess"]


class Level(enum.StrEnum):
    """How much is held back, weakest first."""

    PROCESS = "process"
    CONFINED = "confined"
    ISOLATED = "isolated"

    @property
    def strength(self) -> int:
        """0 for the weakest; levels compare by it."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Whether a sandbox works on this machine, why not, and what would help.

    Attributes:
        remark: what a level that works holds less here than elsewhere.
    """

    level: Level
    works: bool
    reason: str = ""
    advice: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU of this machine, and what a process needs to see to use it.

    Attributes:
        identity: its UUID as the driver tells it, empty if it does not.
        devices: device files, to read, write and control.
        libraries: the driver's own, and links to them.
        readable: other files and folders that the driver looks at, below ``/sys`` and ``/proc``.
        environment: what its libraries and torch must be told.
    """

    identity: str
    devices: tuple[Path, ...]
    libraries: tuple[Path, ...]
    readable: tuple[Path, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the zygote and its workers can see of the file system, beside Python itself.

    Attributes:
        packages: what lies on the workers' import path, by top-level name
            (``numpy`` → its folder). Nothing else of site-packages exists there.
        memory_bytes: size of the private temporary file system, where the level has one.
        gpu: the GPU that they may use, if any.
    """

    packages: Mapping[str, Path]
    memory_bytes: int
    gpu: Gpu | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZygoteProcess:
    """A started zygote: the process to end, and the socket to ask it for workers.

    Attributes:
        confinement: what the zygote shall do to each worker.
        scratch: folder, as the workers see it, below which they write their files.
        temporary: folder of ours that is removed with the zygote.
    """

    process: subprocess.Popen[bytes]
    control: socket.socket
    level: Level
    confinement: Confinement
    scratch: str
    temporary: Path | None = None


class Sandbox(Protocol):
    """One way to confine a zygote."""

    level: Level

    def probe(self) -> Probe:
        """Try, on this machine, whether the level holds; never raises."""
        ...

    def start(self, view: View) -> ZygoteProcess:
        """Start a zygote with this view.

        Raises:
            InternalError: if it cannot be started although the probe said so.
        """
        ...
