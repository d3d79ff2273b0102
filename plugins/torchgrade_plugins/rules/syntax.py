"""Source that Python cannot read: where, and why, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torchgrade.content import Assignment
from torchgrade.results import Note
from torchgrade.submission import Submission
from torchgrade_plugins.rules.sources import PythonFile, SourceReader, note_at

__all__ = ["SyntaxRule"]

MOST_WARNINGS = 5


class SyntaxRule:
    """Explains syntax errors, and passes on what Python warns of (``x is 3``)."""

    def __init__(self, reader: SourceReader) -> None:
        self._reader = reader

    def notes(self, submission: Submission, assignment: Assignment) -> Sequence[Note]:  # noqa: ARG002 - a Rule's arguments
        """Return a note for each file that is no Python, and for a few warnings of each that is."""
        files = self._reader.read(submission)
        unread = sum(file.parsed is None and file.error is None for file in files)
        found = [note for file in files for note in _about(submission, file)]
        if unread:
            found.append(
                note_at(submission, "", 0, f"{unread} of your files were not read for advice: too much code")
            )
        return found


def _about(submission: Submission, file: PythonFile) -> Iterator[Note]:
    if file.error is not None:
        excerpt = f"\n{file.error.excerpt}" if file.error.excerpt else ""
        text = f"this file cannot be imported: {file.error.reason}{excerpt}"
        if not file.error.line:
            text = f"this file was not read for advice: {file.error.reason}"
        yield note_at(submission, file.path, file.error.line, text)
    elif file.parsed is not None:
        for line, message in file.parsed.warnings[:MOST_WARNINGS]:
            yield note_at(submission, file.path, line, f"Python warns: {message}")
