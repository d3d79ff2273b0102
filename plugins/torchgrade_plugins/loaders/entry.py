"""Which file of a submission holds the ``@hookimpl`` functions, and where its top folder is."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import PurePosixPath

import msgspec

from torchgrade.errors import SubmissionError
from torchgrade.submission import SourceFile, Submission
from torchgrade_plugins.loaders.conversion import module_from_notebook
from torchgrade_plugins.loaders.intake import ARCHIVE_SUFFIXES, CODE_SUFFIXES, Intake
from torchgrade_plugins.loaders.names import shown
from torchgrade_plugins.source import SourceError, decode_source

__all__ = ["ENTRY", "assemble", "check_module", "submission_from_notebook"]

ENTRY = "submission.py"
NAMES_IN_A_MESSAGE = 4
# A file of such a name hides the module from itself, or is itself never found.
LIBRARY_NAMES = sys.stdlib_module_names | {"numpy", "pluggy", "torch", "torchgrade"}

_MARKED_LINE = re.compile(rb"^[ \t]*@(?:\w+\.)?hookimpl\b", re.MULTILINE)
_MARKED_CELL = re.compile(rb"@(?:\w+\.)?hookimpl\b")


def assemble(intake: Intake, *, submission_id: str, container: str) -> Submission:
    """Make a submission of what was taken in.

    Args:
        intake: the files of a folder or archive.
        submission_id: name of the submission.
        container: what held them, as a message begins: ``"the folder"`` or ``"it"``.

    Raises:
        SubmissionError: if no file, or more than one, could be the one to grade.
    """
    files = intake.files
    code = [file.path for file in files if file.path.lower().endswith(CODE_SUFFIXES)]
    if not code:
        raise _nothing_to_grade(intake, container)
    notes: list[str] = []
    if intake.left_out:
        notes.append(f"left out {_listed(intake.left_out)}: only code and small data files are read")
    files = _without_wrapper(files, code, notes)
    entry = _choose([file for file in files if file.path.lower().endswith(CODE_SUFFIXES)], notes)
    hidden = [file.path for file in files if file is not entry and _is_hidden_by_a_library(file.path)]
    if hidden:
        notes.append(
            f"{_listed(hidden)} cannot be imported: there is a library module of that name; rename it"
        )
    if entry.path.lower().endswith(".ipynb"):
        others = tuple(file for file in files if file is not entry)
        return submission_from_notebook(entry, others, submission_id=submission_id, notes=notes)
    check_module(entry.content, entry.path)
    return Submission(id=submission_id, files=files, entry=entry.path, notes=tuple(notes))


def submission_from_notebook(
    notebook: SourceFile, others: Sequence[SourceFile], *, submission_id: str, notes: Sequence[str]
) -> Submission:
    """Make a submission whose entry is the module generated from a notebook.

    Raises:
        SubmissionError: if it is no notebook of Python code.
    """
    module = module_from_notebook(notebook.content, notebook.path)
    path = str(PurePosixPath(notebook.path).with_name(ENTRY))
    generated = SourceFile(path=path, content=module.text.encode())
    files = sorted((generated, *others), key=lambda file: file.path)
    return Submission(
        id=submission_id,
        files=tuple(files),
        entry=path,
        notes=(*notes, *module.notes),
        lines=module.lines,
    )


def check_module(content: bytes, name: str) -> None:
    """Check that a file is Python text with something in it.

    Raises:
        SubmissionError: if it is empty, or its bytes are no text.
    """
    try:
        text = decode_source(content)
    except SourceError as error:
        raise SubmissionError(f"{shown(name)}, line {error.line}: {error.reason}") from error
    if not text.strip():
        raise SubmissionError(f"{shown(name)} is empty; was it saved before it was handed in?")
    if PurePosixPath(name).stem in LIBRARY_NAMES:
        raise SubmissionError(f"{shown(name)} has the name of a library module; rename it to {ENTRY}")


def _nothing_to_grade(intake: Intake, container: str) -> SubmissionError:
    archives = [path for path in intake.left_out if path.lower().endswith(ARCHIVE_SUFFIXES)]
    if archives:
        return SubmissionError(
            f"{container} holds no Python file or notebook, but an archive, {shown(archives[0])}:"
            " unpack it and hand in what is inside"
        )
    held = f" (there is {_listed(intake.left_out)})" if intake.left_out else ""
    return SubmissionError(f"{container} holds no Python file or notebook{held}; hand in {ENTRY}")


def _without_wrapper(
    files: tuple[SourceFile, ...], code: Sequence[str], notes: list[str]
) -> tuple[SourceFile, ...]:
    """Take the deepest folder that holds all code for the top folder."""
    parents = [path.split("/")[:-1] for path in code]
    shared = 0
    while all(len(parts) > shared and parts[shared] == parents[0][shared] for parts in parents):
        shared += 1
    if not shared:
        return files
    top = "/".join(parents[0][:shared]) + "/"
    outside = [file.path for file in files if not file.path.startswith(top)]
    notes.append(f"your code lies in the folder {shown(top[:-1])}, which was taken as the top folder")
    if outside:
        notes.append(f"left out {_listed(outside)}: not in that folder")
    return tuple(
        msgspec.structs.replace(file, path=file.path.removeprefix(top))
        for file in files
        if file.path.startswith(top)
    )


def _choose(code: Sequence[SourceFile], notes: list[str]) -> SourceFile:
    for name in (ENTRY, "submission.ipynb"):
        named = [file for file in code if PurePosixPath(file.path).name == name]
        if named:
            depth = min(file.path.count("/") for file in named)
            return _only(
                [file for file in named if file.path.count("/") == depth], f"are named {name}", notes
            )
    marked = [file for file in code if _is_marked(file)]
    if marked:
        return _only(marked, "hold @hookimpl functions", notes)
    return _only(code, "could be the one to grade: none holds @hookimpl functions", notes)


def _only(candidates: Sequence[SourceFile], what: str, notes: list[str]) -> SourceFile:
    if len(candidates) > 1:
        listed = _listed([file.path for file in candidates])
        advice = (
            f"hand in one {ENTRY}" if what.endswith((".py", ".ipynb")) else f"name the one to grade {ENTRY}"
        )
        raise SubmissionError(f"{listed} {what}; {advice}")
    (entry,) = candidates
    if PurePosixPath(entry.path).name != ENTRY:
        notes.append(f"{shown(entry.path)} was taken as the file to grade")
    return entry


def _is_marked(file: SourceFile) -> bool:
    pattern = _MARKED_LINE if file.path.lower().endswith(".py") else _MARKED_CELL
    return pattern.search(file.content) is not None


def _is_hidden_by_a_library(path: str) -> bool:
    return path.lower().endswith(".py") and PurePosixPath(path).stem in LIBRARY_NAMES and "/" not in path


def _listed(paths: Sequence[str]) -> str:
    names = [shown(path) for path in paths[:NAMES_IN_A_MESSAGE]]
    if len(paths) > NAMES_IN_A_MESSAGE:
        names.append(f"{len(paths) - NAMES_IN_A_MESSAGE} more")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
