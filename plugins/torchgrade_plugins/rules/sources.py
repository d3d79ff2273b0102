"""The Python files of a submission, each parsed once for all rules, and how a note names a place in them."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from torchgrade.results import Note, NoteKind
from torchgrade.submission import Submission
from torchgrade_plugins.source import (
    LARGEST_SOURCE,
    ParsedSource,
    SourceError,
    decode_source,
    parse_source,
    printable,
)

__all__ = ["PythonFile", "SourceReader", "note_at"]

# Together: the files of an honest submission have some 50 KiB.
LARGEST_TOTAL = 2 * LARGEST_SOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonFile:
    """One file: parsed, or the reason why not, or neither if there was too much to read."""

    path: str
    parsed: ParsedSource | None = None
    error: SourceError | None = None

    @property
    def tree(self) -> ast.Module | None:
        """The module's tree, if it could be parsed."""
        return None if self.parsed is None else self.parsed.tree


class SourceReader:
    """Parses submissions and remembers the last one."""

    def __init__(self) -> None:
        self._submission: Submission | None = None
        self._files: tuple[PythonFile, ...] = ()

    def read(self, submission: Submission) -> tuple[PythonFile, ...]:
        """Return the submission's Python files, the entry first."""
        if submission is not self._submission:
            self._files = _read(submission)
            self._submission = submission
        return self._files


def note_at(submission: Submission, path: str, line: int, text: str, *, hook: str = "") -> Note:
    """Return a rule's note about a line.

    In a notebook the place is the cell and its line, at the start of the text, for the line of the
    module made of it means nothing to a student.
    """
    if path == submission.entry and submission.lines:
        place = submission.lines[line - 1] if 0 < line <= len(submission.lines) else ""
        return Note(kind=NoteKind.RULE, text=f"{place}: {text}" if place else text, hook=hook)
    return Note(kind=NoteKind.RULE, text=text, hook=hook, file=printable(path, 200), line=line)


def _read(submission: Submission) -> tuple[PythonFile, ...]:
    files = [file for file in submission.files if file.path.lower().endswith(".py")]
    files.sort(key=lambda file: (file.path != submission.entry, file.path))
    budget = LARGEST_TOTAL
    read = []
    for file in files:
        budget -= len(file.content)
        read.append(_parse(file.path, file.content) if budget >= 0 else PythonFile(path=file.path))
    return tuple(read)


def _parse(path: str, content: bytes) -> PythonFile:
    try:
        return PythonFile(path=path, parsed=parse_source(decode_source(content)))
    except SourceError as error:
        return PythonFile(path=path, error=error)
