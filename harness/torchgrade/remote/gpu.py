"""The GPU of this machine that workers may use: device files, the driver's libraries, what the driver reads.

Found by names alone, without loading anything of the driver. Whether a worker can use it shows only when
one tries.

Sources for what the driver looks at: NVIDIA's README of the Linux driver, chapter on device files and
``/proc``; the open kernel modules' ``nv-procfs.c``; and what other sandboxes met, see docs/gpu.md.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torchgrade.sandbox import Gpu

__all__ = ["NoGpuError", "find_gpu", "loader_cache"]

# Those of the driver as a whole, beside that of the one GPU.
_DEVICES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-caps/*")
_NEEDED = ("nvidiactl", "nvidia-uvm")
_CARD = re.compile(r"nvidia(\d+)")
_LIBRARIES = ("libcuda.so*", "libnvidia-*.so*")
_MAIN_LIBRARY = "libcuda.so.1"
_ARCHITECTURES = {"x86_64": "x86-64", "aarch64": "AArch64"}
_READABLE = (
    "proc/cpuinfo",
    "proc/devices",
    "proc/driver/nvidia",
    "proc/driver/nvidia-uvm",
    "proc/meminfo",
    "proc/modules",
    "proc/sys/vm/mmap_min_addr",
    "proc/version",
    "sys/bus/pci/devices",
    "sys/bus/pci/drivers/nvidia",
    "sys/devices/system/cpu",
    "sys/devices/system/memory",
    "sys/devices/system/node",
    "sys/module/nvidia",
    "sys/module/nvidia_uvm",
)
# Nothing is kept on disk, and what the first call would load is loaded when it is needed, for all alike.
_ENVIRONMENT = {
    "CUDA_CACHE_DISABLE": "1",
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    "CUDA_MODULE_LOADING": "LAZY",
    "CUDA_VISIBLE_DEVICES": "0",
}
_LDCONFIG = ("/sbin/ldconfig", "/usr/sbin/ldconfig", "ldconfig")


class NoGpuError(Exception):
    """There is no GPU that workers could use; the text says why, as it follows "not measured: "."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """A GPU as the driver lists it: where it is plugged in, the number of its device file, its UUID."""

    address: str
    number: int
    identity: str


def find_gpu(root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> Gpu:
    """Find the GPU to use: the first that the environment lets be seen and that can be opened.

    Args:
        root: where ``dev``, ``proc``, ``sys`` and libraries are looked for.
        environment: the grader's own: for ``CUDA_VISIBLE_DEVICES`` and ``LD_LIBRARY_PATH``.

    Raises:
        NoGpuError: if there is none.
    """
    places = {name: root / "dev" / name for name in _NEEDED}
    for place in places.values():
        if not place.exists():
            raise NoGpuError(f"there is no {place}")
    card = _choose(root, environment.get("CUDA_VISIBLE_DEVICES"))
    libraries, unlisted = _driver_libraries(root, environment)
    devices = [place for name in _DEVICES for place in sorted((root / "dev").glob(name))]
    readable = [root / name for name in _READABLE]
    readable.append((root / "sys/bus/pci/devices" / card.address).resolve())
    extra = {"LD_LIBRARY_PATH": ":".join(unlisted)} if unlisted else {}
    return Gpu(
        identity=card.identity,
        devices=(root / "dev" / f"nvidia{card.number}", *devices),
        libraries=tuple(libraries),
        readable=tuple(place for place in dict.fromkeys(readable) if place.exists()),
        environment=_ENVIRONMENT | extra,
    )


def loader_cache() -> str:
    """Return the shared libraries that the loader knows, as ``ldconfig -p`` lists them; nothing without."""
    for program in _LDCONFIG:
        try:
            return subprocess.run([program, "-p"], capture_output=True, text=True, check=False).stdout
        except OSError:
            continue
    return ""


def _choose(root: Path, visible: str | None) -> _Card:
    cards = _cards(root)
    if visible is not None:
        named = visible.partition(",")[0].strip()
        cards = [
            card
            for index, card in enumerate(cards)
            if named and (named == str(index) or card.identity.startswith(named))
        ]
    refusals = [f"CUDA_VISIBLE_DEVICES is '{visible}'"] if visible is not None else []
    for card in cards:
        place = root / "dev" / f"nvidia{card.number}"
        try:
            os.close(os.open(place, os.O_RDWR | os.O_CLOEXEC))
        except OSError as error:
            refusals.append(f"{place}: {(error.strerror or str(error)).lower()}")
            continue
        return card
    raise NoGpuError("; ".join(refusals) or f"there is no {root / 'dev' / 'nvidia0'}")


def _cards(root: Path) -> list[_Card]:
    """Return the GPUs by their places on the bus; by their device files where the driver lists none."""
    listed = []
    for place in sorted((root / "proc/driver/nvidia/gpus").glob("*/information")):
        try:
            text = place.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        told = {
            key.strip(): value.strip()
            for key, _, value in (line.partition(":") for line in text.splitlines())
        }
        number = told.get("Device Minor", "")
        if number.isdecimal():
            identity = told.get("GPU UUID", "")
            listed.append(_Card(address=place.parent.name, number=int(number), identity=identity))
    if listed:
        return listed
    names = (_CARD.fullmatch(place.name) for place in (root / "dev").glob("nvidia*"))
    numbers = sorted(int(name[1]) for name in names if name)
    return [_Card(address="", number=number, identity="") for number in numbers]


def _driver_libraries(root: Path, environment: Mapping[str, str]) -> tuple[list[Path], list[str]]:
    """Return the driver's libraries, and those of their folders that the loader must be told of.

    Raises:
        NoGpuError: if the driver's main library is not there.
    """
    known = [place.parent for place in _cached(_MAIN_LIBRARY)] if root == Path("/") else []
    told = [Path(folder) for folder in environment.get("LD_LIBRARY_PATH", "").split(":") if folder]
    folders = [folder for folder in (*known, *told) if (folder / _MAIN_LIBRARY).exists()]
    if not folders:
        raise NoGpuError(f"the driver's {_MAIN_LIBRARY} is not installed")
    folder = folders[0]
    found = [place for pattern in _LIBRARIES for place in sorted(folder.glob(pattern))]
    return _with_targets(found), [] if folder in known else [str(folder)]


def _cached(name: str) -> list[Path]:
    """Return where the loader's cache has a library of this machine's architecture."""
    architecture = _ARCHITECTURES.get(platform.machine(), platform.machine())
    entry = re.compile(rf"\s*{re.escape(name)} \(libc6,{re.escape(architecture)}[^)]*\) => (.+)")
    found = (entry.fullmatch(line) for line in loader_cache().splitlines())
    return [Path(line[1]) for line in found if line]


def _with_targets(places: Iterable[Path]) -> list[Path]:
    """Return these files, and what those of them that are links lead to."""
    return list(dict.fromkeys(each for place in places for each in (place, place.resolve())))
