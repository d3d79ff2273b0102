"""How a test ends when the student's code is at fault."""

from __future__ import annotations

from torchgrade.results import Cause, Outcome

__all__ = ["StudentFailure"]


class StudentFailure(Exception):  # noqa: N818 - it is the student's failure, not an error of ours
    """Ends a test with an outcome and a message.

    Args:
        outcome: anything but passed and internal error.
        student_message: safe for a student.
        instructor_message: what only instructors see, beyond that.
        cause: the likely mistake, if known.
    """

    def __init__(
        self,
        outcome: Outcome,
        student_message: str,
        instructor_message: str = "",
        cause: Cause | None = None,
    ) -> None:
        super().__init__(student_message)
        self.outcome = outcome
        self.student_message = student_message
        self.instructor_message = instructor_message
        self.cause = cause
