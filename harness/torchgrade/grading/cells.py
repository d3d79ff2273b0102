"""A notebook's places: where an exception came through, as the student sees it.

The worker runs the module that was made of a notebook; its line numbers mean nothing to the student.
"""

from __future__ import annotations

from msgspec.structs import replace

from torchgrade.remote.answers import Answer, Call, CodeFrame, HoldsObjects, Implementation, MethodCall
from torchgrade.submission import Submission

__all__ = ["NotebookImplementation", "in_cells"]


class NotebookImplementation:
    """Answers as another implementation does, with cells for the lines of its exceptions.

    Args:
        implementation: runs the module that was made of the notebook.
        submission: knows the cell of each line.
    """

    def __init__(self, implementation: Implementation, submission: Submission) -> None:
        self._implementation = implementation
        self._submission = submission

    def answer(self, call: Call) -> Answer:
        """Return what came of the call."""
        return in_cells(self._implementation.answer(call), self._submission)

    def answer_method(self, call: MethodCall) -> Answer:
        """Return what came of calling a method of an object."""
        assert isinstance(self._implementation, HoldsObjects)
        return in_cells(self._implementation.answer_method(call), self._submission)


def in_cells(answer: Answer, submission: Submission) -> Answer:
    """Name cells instead of lines of the module, where the submission was a notebook."""
    if answer.raised is None or not submission.lines:
        return answer
    frames = tuple(_in_cell(frame, submission) for frame in answer.raised.frames)
    return replace(answer, raised=replace(answer.raised, frames=frames))


def _in_cell(frame: CodeFrame, submission: Submission) -> CodeFrame:
    if frame.file != submission.entry or not 0 < frame.line <= len(submission.lines):
        return frame
    cell, _, line = submission.lines[frame.line - 1].rpartition(", line ")
    return replace(frame, file=cell, line=int(line)) if line.isdecimal() and cell else frame
