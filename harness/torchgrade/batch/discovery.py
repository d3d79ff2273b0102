"""Which submissions a batch has: the paths that were named, and the children of a class's folder.

A folder is a *class* if it holds a ``roster.csv``, or no source of its own but sub-folders or archives.
Each of its children is a submission then, whatever it is: what cannot be read gets its clear error from
the loader, as a result of its student.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchgrade.errors import UsageError

__all__ = ["ROSTER_NAME", "Discovery", "Found", "discover", "submission_id"]

ROSTER_NAME = "roster.csv"

_SOURCES = (".py", ".ipynb")
_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
_ENTRIES = frozenset({"submission.py", "submission.ipynb"})
_NO_SUBMISSIONS = frozenset({ROSTER_NAME, "expected.toml", "__MACOSX", "__pycache__"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A submission's name in its batch, and where it lies."""

    id: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What was found below the paths of a command.

    Attributes:
        rosters: beside the submissions of classes.
        doubtful: folders taken as one submission that look much like a class without a roster.
    """

    submissions: tuple[Found, ...]
    rosters: tuple[Path, ...]
    doubtful: tuple[Path, ...]


def discover(paths: Sequence[Path], *, skip: Path) -> Discovery:
    """Find the submissions of ``paths``.

    Args:
        paths: files, folders of one submission, folders of a class.
        skip: the batch's own folder, which may lie in a class's.

    Raises:
        UsageError: if a path does not exist, there is no submission, or two have the same id.
    """
    found: list[Found] = []
    rosters: list[Path] = []
    doubtful: list[Path] = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no {printable(str(path))}")
        there = path.resolve()
        children = sorted(_children(there, skip), key=lambda child: child.name) if there.is_dir() else []
        if not there.is_dir() or not _is_class(there, children):
            name = path.name if path.name not in {"", ".."} else there.name
            found.append(_found(there, name=name, is_folder=there.is_dir()))
            if _looks_like_a_class(children):
                doubtful.append(path)
            continue
        if not children:
            raise UsageError(f"no submissions in {path}")
        found.extend(
            _found(Path(child.path), name=child.name, is_folder=_is_folder(child)) for child in children
        )
        if (there / ROSTER_NAME).is_file():
            rosters.append(there / ROSTER_NAME)
    return Discovery(submissions=tuple(_unique(found)), rosters=tuple(rosters), doubtful=tuple(doubtful))


def submission_id(name: str, *, is_folder: bool) -> str:
    """Return the id of a submission called ``name``: without the ending, where it is a file."""
    if not is_folder:
        endings = (ending for ending in _ARCHIVES if name.lower().endswith(ending))
        ending = max(endings, key=len, default=os.path.splitext(name)[1])  # noqa: PTH122 - a name, no path
        name = name[: len(name) - len(ending)] or name
    return printable(name)


def printable(text: str) -> str:
    """Return ``text`` with ``_`` for what a terminal or a page could not show as it is."""
    return "".join(character if character.isprintable() else "_" for character in text)


def _children(folder: Path, skip: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith((".", "README")) or entry.name in _NO_SUBMISSIONS:
                    continue
                if not (_is_folder(entry) and Path(entry.path).resolve() == skip):
                    yield entry
    except OSError as error:
        raise UsageError(f"{folder} cannot be listed ({error.strerror})") from error


def _is_class(folder: Path, children: Iterable[os.DirEntry[str]]) -> bool:
    if (folder / ROSTER_NAME).is_file():
        return True
    names = [child.name.lower() for child in children if not _is_folder(child)]
    if any(name.endswith(_SOURCES) for name in names):
        return False
    return any(_is_folder(child) for child in children) or any(name.endswith(_ARCHIVES) for name in names)


def _looks_like_a_class(children: Sequence[os.DirEntry[str]]) -> bool:
    """Tell whether several of these could be handed in, none of which is named as a submission's own."""
    names = [child.name.lower() for child in children]
    if any(name in _ENTRIES for name in names):
        return False
    return sum(name.endswith((*_SOURCES, *_ARCHIVES)) for name in names) > 1


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _found(path: Path, *, name: str, is_folder: bool) -> Found:
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"the name of {printable(str(path))} is not UTF-8 (it came out of an old archive, perhaps);"
            " rename it"
        ) from error
    return Found(id=submission_id(name, is_folder=is_folder), path=path)


def _unique(found: Iterable[Found]) -> Iterator[Found]:
    by_id: dict[str, Found] = {}
    for submission in found:
        other = by_id.setdefault(submission.id, submission)
        if other is submission:
            yield submission
        elif other.path != submission.path:
            raise UsageError(
                f"two submissions are called '{submission.id}': {printable(str(other.path))} and"
                f" {printable(str(submission.path))}; rename one"
            )
