"""Which assignment a student is working on, and grading by the public tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torchgrade.content import Assignment, assignment_ids, load_assignment
from torchgrade.errors import UsageError

__all__ = ["guess_assignment"]

READ_BYTES = 4 * 1024 * 1024
# In a notebook's JSON a function's definition stands at the beginning of a quoted line.
_DEFINITION = re.compile(rb"(?m)^[ \t]*\"?[ \t]*def[ \t]+(\w+)")


def guess_assignment(root: Path, path: Path) -> Assignment:
    """Return the assignment whose contract has the functions that are defined at ``path``.

    Raises:
        UsageError: if none or several fit; the message says how to name one.
    """
    known = assignment_ids(root)
    if not known:
        raise UsageError(f"no assignment in {root}")
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    if len(known) == 1:
        return load_assignment(root, known[0])
    defined = _defined(path)
    shared: Mapping[str, int] = {
        name: len(defined & set(load_assignment(root, name).contract.hooks)) for name in known
    }
    most = max(shared.values())
    best = [name for name, count in shared.items() if count == most]
    if most and len(best) == 1:
        return load_assignment(root, best[0])
    raise UsageError(
        f"which assignment is {path}? name it with --assignment ID; there are: {', '.join(known)}"
    )


def _defined(path: Path) -> set[str]:
    files = [path] if path.is_file() else [*path.rglob("*.py"), *path.rglob("*.ipynb")]
    names: set[str] = set()
    for file in files[:100]:
        with file.open("rb") as stream:
            names |= {name.decode(errors="replace") for name in _DEFINITION.findall(stream.read(READ_BYTES))}
    return names
