"""A zygote that runs beside the grader, on the same file system: folders for it, and its start."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from torchgrade.sandbox import Gpu, Level, View, ZygoteProcess
from torchgrade.worker.config import Confinement
from torchgrade_plugins.sandboxes.interpreter import ENVIRONMENT, python_command

__all__ = ["environment", "make_folders", "packages_folder", "scratch_folder", "start_beside"]


def make_folders(view: View) -> Path:
    """Make a temporary folder with the import path of the workers, as links, and room for their files.

    Other users can pass through it, so that workers may be of another user, but only list the packages.
    """
    temporary = Path(tempfile.mkdtemp(prefix="torchgrade-"))
    try:
        packages, scratch = packages_folder(temporary), scratch_folder(temporary)
        packages.mkdir()
        scratch.mkdir()
        for name, target in view.packages.items():
            link = packages / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
        for folder, mode in ((temporary, 0o711), (scratch, 0o711), (packages, 0o755)):
            folder.chmod(mode)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return temporary


def packages_folder(temporary: Path) -> Path:
    """Return the folder of the workers' import path."""
    return temporary / "packages"


def scratch_folder(temporary: Path) -> Path:
    """Return the folder below which each worker gets one of its own."""
    return temporary / "scratch"


def environment(temporary: Path) -> Mapping[str, str]:
    """Return the environment of the zygote."""
    scratch = str(scratch_folder(temporary))
    return {**ENVIRONMENT, "HOME": scratch, "TMPDIR": scratch}


def start_beside(
    level: Level, temporary: Path, confinement: Confinement, gpu: Gpu | None = None
) -> ZygoteProcess:
    """Start a zygote in these folders, which are removed with it, or at once if it cannot be started."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(
                python_command(str(packages_folder(temporary)), theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**environment(temporary), **({} if gpu is None else gpu.environment)},
                cwd=scratch_folder(temporary),
                start_new_session=True,
            )
    except BaseException:
        ours.close()
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return ZygoteProcess(
        process=process,
        control=ours,
        level=level,
        confinement=confinement,
        scratch=str(scratch_folder(temporary)),
        temporary=temporary,
    )
