"""What verdicts and figures are called, in pages and exports alike."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from torchgrade.results import NoteKind, Outcome, Result

__all__ = [
    "NOTE_LABELS",
    "NOT_KNOWN",
    "OUTCOME_LABELS",
    "OUTCOME_SENTENCES",
    "REGRADE_SENTENCE",
    "State",
    "count",
    "decimal",
    "percent",
    "seconds",
    "state_of",
]

NOT_KNOWN = "\N{EN DASH}"
"""Stands where a figure would: points that are not final, a duration that nobody took."""

REGRADE_SENTENCE = (
    "The grader itself failed here. This is not your fault and costs you nothing: "
    "your submission will be graded again, so this score is not final."
)

OUTCOME_LABELS: Mapping[Outcome, str] = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "raised an error",
    Outcome.TIMEOUT: "took too long",
    Outcome.MEMORY: "out of memory",
    Outcome.NOT_IMPLEMENTED: "not implemented",
    Outcome.INTERNAL_ERROR: "being regraded",
    Outcome.NOT_RUN: "not run",
}

OUTCOME_SENTENCES: Mapping[Outcome, str] = {
    Outcome.PASSED: "",
    Outcome.FAILED: "",
    Outcome.ERROR: "Your code raised an error.",
    Outcome.TIMEOUT: "Your code took longer than it may and was stopped.",
    Outcome.MEMORY: "Your code needed more memory than it may have.",
    Outcome.NOT_IMPLEMENTED: "A function that this test calls is not written yet.",
    Outcome.INTERNAL_ERROR: REGRADE_SENTENCE,
    Outcome.NOT_RUN: "This test was not run, so it gives no points.",
}
"""What an outcome means to a student; empty where the test's own message says all."""

NOTE_LABELS: Mapping[NoteKind, str] = {
    NoteKind.LOAD: "reading your files",
    NoteKind.CONTRACT: "contract",
    NoteKind.RULE: "rules",
    NoteKind.RUN: "running your code",
}


class State(enum.StrEnum):
    """What became of a submission as a whole."""

    REGRADE = "to be regraded"
    UNGRADABLE = "could not be run"
    PASSED = "all passed"
    FAILED = "some failed"


def state_of(result: Result) -> State:
    """Return the state; a fault of the grader outweighs all else, since the score is not final."""
    if result.needs_regrade:
        return State.REGRADE
    if result.failure:
        return State.UNGRADABLE
    return State.PASSED if result.passed else State.FAILED


def decimal(value: Fraction, places: int) -> str:
    """Return ``value`` with at most ``places`` decimals and no trailing zeros: 25/3 is "8.33"."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    text = f"{exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(part: Fraction | int, whole: Fraction | int) -> int:
    """Return the whole percentage, rounded down so that only all is 100; 0 of nothing is 0."""
    return int(Fraction(part) * 100 / Fraction(whole)) if whole else 0


def seconds(value: float) -> str:
    """Return a duration for people: "35 ms", "1.2 s", "2 min 5 s"."""
    milliseconds = round(value * 1000)
    if milliseconds < 1000:  # noqa: PLR2004 - a second
        return f"{milliseconds} ms"
    if value < 59.95:  # noqa: PLR2004 - what would be shown as 60.0 s is a minute
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 test" or "3 tests"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
