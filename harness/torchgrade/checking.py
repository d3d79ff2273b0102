"""Which assignment a student is working on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torchgrade.content import Assignment, assignment_ids, load_assignment
from torchgrade.errors import UsageError
from torchgrade.plugin import Plugins, choose_loader
from torchgrade.submission import LoadLimits, Submission

__all__ = ["guess_assignment"]

# Not by parsing: the submission may be one that has a syntax error.
_DEFINITION = re.compile(rb"(?m)^[ \t]*def[ \t]+(\w+)")


def guess_assignment(root: Path, path: Path, plugins: Plugins) -> Assignment:
    """Return the assignment whose contract has the functions that are defined at ``path``.

    Where there is but one assignment, it is that one.

    Args:
        root: of the content.
        path: a submission of any kind that a loader reads.
        plugins: for their loaders.

    Raises:
        UsageError: if none or several fit; the message says how to name one.
        SubmissionError: if the submission has to be read and cannot be.
    """
    known = assignment_ids(root)
    if not known:
        raise UsageError(f"no assignment in {root}")
    if len(known) == 1:
        return load_assignment(root, known[0])
    loader = choose_loader(plugins.loaders, path)
    defined = _defined(loader.load(path, submission_id=path.name, limits=LoadLimits()))
    assignments = [load_assignment(root, name) for name in known]
    shared: Mapping[str, int] = {one.id: len(defined & set(one.contract.hooks)) for one in assignments}
    best = [one for one in assignments if shared[one.id] == max(shared.values()) > 0]
    if len(best) == 1:
        return best[0]
    why = "it has functions of several" if best else "it has a function of none"
    raise UsageError(
        f"which assignment is {path}? {why}; name it with --assignment ID; there are: {', '.join(known)}"
    )


def _defined(submission: Submission) -> set[str]:
    found = {name for file in submission.files for name in _DEFINITION.findall(file.content)}
    return {name.decode(errors="replace") for name in found}
