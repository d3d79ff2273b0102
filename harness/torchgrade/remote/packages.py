"""Which files of site-packages a worker may see: what the assignment names, and what that needs."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import torchgrade
from torchgrade.errors import ContentError

__all__ = ["worker_packages"]

_ENGINE_NEEDS = ("msgspec", "numpy", "pluggy")
_ENGINE_PARTS = ("__init__.py", "contract.py", "progress.py", "wire", "worker")
_NOT_IMPORTED = {"..", "__pycache__"}


def worker_packages(names: Iterable[str]) -> dict[str, Path]:
    """Return what lies on a worker's import path, by relative path.

    Args:
        names: distributions that the assignment allows, such as ``"numpy"``; what they require comes
            along. Of torchgrade itself only the worker's own parts are there.

    Raises:
        ContentError: if a distribution is not installed.
    """
    found: dict[str, Path] = {}
    for distribution in _closure([*names, *_ENGINE_NEEDS]):
        found.update(_top_level(distribution))
    root = Path(torchgrade.__file__).parent
    found.update({f"torchgrade/{part}": root / part for part in _ENGINE_PARTS})
    return found


def _closure(names: list[str]) -> Iterator[importlib.metadata.Distribution]:
    seen: set[str] = set()
    pending = list(names)
    while pending:
        name = canonicalize_name(pending.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError as error:
            if name not in map(canonicalize_name, names):
                continue  # an optional part of a platform that this one lacks
            raise ContentError(
                f"the assignment needs the package '{name}', which is not installed"
            ) from error
        yield distribution
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                pending.append(requirement.name)


def _top_level(distribution: importlib.metadata.Distribution) -> dict[str, Path]:
    names = {file.parts[0] for file in distribution.files or () if file.parts[0] not in _NOT_IMPORTED}
    places = {name: Path(str(distribution.locate_file(name))) for name in names}
    return {name: path for name, path in places.items() if path.exists()}
