"""Errors that are explained to a person: what is wrong, where, and what to do.

These are printed without a traceback. Every other exception is a fault of ours and keeps its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

__all__ = [
    "ContentError",
    "InternalError",
    "SubmissionError",
    "TorchgradeError",
    "UsageError",
    "did_you_mean",
]


class TorchgradeError(Exception):
    """Base of all explained errors; the message is lower-case and has no full stop."""

    exit_status: ClassVar[int] = 3


class UsageError(TorchgradeError):
    """The command was called with something that it cannot work with."""

    exit_status = 2


class ContentError(TorchgradeError):
    """An assignment or its reference is broken: the author's to mend, never the student's."""

    exit_status = 3


class InternalError(TorchgradeError):
    """The grader itself failed: never a student's zero."""

    exit_status = 3


class SubmissionError(TorchgradeError):
    """A submission cannot be read; it becomes a result that says so, and the batch goes on."""

    exit_status = 1


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``", did you mean 'x'?"`` for the known name nearest to ``name``, or ``""``."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean '{near[0]}'?" if near else ""
