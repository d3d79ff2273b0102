"""The bare Python that zygotes run: which files it is made of, and how it is called."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

__all__ = [
    "DEVICES",
    "ENVIRONMENT",
    "executable",
    "hidden_folders",
    "python_command",
    "python_files",
    "python_links",
]

# One thread in every numeric library: a zygote must stay single-threaded, and timings comparable.
ENVIRONMENT: Mapping[str, str] = {
    "HOME": "/tmp",  # noqa: S108 - a private file system in a sandbox that has one
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    **dict.fromkeys(
        ("MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
    ),
}

# Not /dev/zero: a shared mapping of it is memory that no limit counts.
DEVICES = ("/dev/full", "/dev/null", "/dev/random", "/dev/urandom")

_STANDARD = ("stdlib", "platstdlib")
_SYSTEM_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/etc/ld.so.cache")


def executable() -> Path:
    """Return the interpreter itself, behind any virtual environment."""
    return Path(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))


def python_command(packages: str, control: int) -> list[str]:
    """Return the command line of a zygote: no site, no environment, no user folder, no bytecode.

    Args:
        packages: folder of its import path.
        control: descriptor of its control socket.
    """
    code = f"import sys; sys.path.append({packages!r});"
    code += f" from torchgrade.worker.zygote import main; main({control})"
    return [str(executable()), "-I", "-S", "-B", "-u", "-c", code]


def python_files() -> list[Path]:
    """Return what must be visible for that interpreter to start: system libraries and its own."""
    places = [place for place in _system_libraries() if not place.is_symlink()]
    # Inside a virtual environment sysconfig names its lib folder, with everything that is installed there.
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    places += [executable(), *(Path(sysconfig.get_path(name, vars=base)) for name in _STANDARD)]
    library_folder = sysconfig.get_config_var("LIBDIR")
    if library_folder:
        places += sorted(Path(library_folder).glob("libpython3*.so*"))
    present = [place for place in places if place.exists()]
    return list(dict.fromkeys(present))


def _system_libraries() -> list[Path]:
    """Return the folders of shared libraries.

    Where those of this architecture have a folder of their own, the rest of ``/usr/lib`` (whole programs
    with their packages) stays out of sight.
    """
    architecture = sysconfig.get_config_var("MULTIARCH") or ""
    places: list[Path] = []
    for place in map(Path, _SYSTEM_LIBRARIES):
        narrow = architecture and not place.is_symlink() and (place / architecture).is_dir()
        places += [place / architecture, place / "locale"] if narrow else [place]
    return places


def python_links() -> list[tuple[str, str]]:
    """Return the system folders that are links, and where they point.

    Shown twice, nothing in them would be hidden.
    """
    links = [place for place in _system_libraries() if place.is_symlink()]
    return [(str(place), str(place.readlink())) for place in links]


def hidden_folders() -> list[Path]:
    """Return the folders of third-party packages inside ``python_files``: they shall look empty."""
    standard = Path(sysconfig.get_path("stdlib"))
    places = (standard / "site-packages", standard / "dist-packages", Path("/usr/lib/python3"))
    return [place for place in places if place.is_dir()]
