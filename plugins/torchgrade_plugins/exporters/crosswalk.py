"""How each format says what we know: the one table of verdicts, and what all formats tell alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from torchgrade.results import Audience, BudgetFigures, Note, Outcome, Result, TestOutcome
from torchgrade_reports.text import clean
from torchgrade_reports.wording import NOTE_LABELS, OUTCOME_SENTENCES, REGRADE_SENTENCE, times

__all__ = ["CROSSWALK", "Verdict", "compared", "explain", "number", "overall", "say_note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One outcome in the words of each format.

    Attributes:
        gradescope: ``status`` of a test; empty where the test is listed without one, and without a
            score, because nobody judged it or nothing depends on it.
        junit: element inside ``testcase``; empty for a pass.
        junit_type: its ``type``; the element ``skipped`` needs one too.
        github: sign in a table of Markdown.
    """

    gradescope: str
    junit: str
    junit_type: str
    github: str


# JUnit's <failure> is a verdict on the code, as pytest reports an exception in a test's call; its
# <error> is what kept the test from judging, so a fault of the grader is never taken for a failure.
CROSSWALK: Mapping[Outcome, Verdict] = {
    Outcome.PASSED: Verdict(gradescope="passed", junit="", junit_type="", github="✅"),
    Outcome.FAILED: Verdict(gradescope="failed", junit="failure", junit_type="failed", github="❌"),
    Outcome.ERROR: Verdict(gradescope="failed", junit="failure", junit_type="error", github="❌"),
    Outcome.TIMEOUT: Verdict(gradescope="failed", junit="failure", junit_type="timeout", github="❌"),
    Outcome.MEMORY: Verdict(gradescope="failed", junit="error", junit_type="oom", github="❌"),
    Outcome.NOT_IMPLEMENTED: Verdict(
        gradescope="failed", junit="failure", junit_type="not implemented", github="❌"
    ),
    Outcome.INTERNAL_ERROR: Verdict(
        gradescope="failed", junit="error", junit_type="internal error", github="🔁"
    ),
    Outcome.NOT_RUN: Verdict(gradescope="", junit="skipped", junit_type="not run", github="⏸️"),
    Outcome.OVER_BUDGET: Verdict(gradescope="failed", junit="failure", junit_type="over budget", github="🔶"),
    Outcome.NOT_MEASURED: Verdict(gradescope="", junit="skipped", junit_type="not measured", github="⬜"),
}


def number(value: Fraction) -> int | float:
    """Return exact points as a number of JSON, at most four decimals."""
    return value.numerator if value.denominator == 1 else round(float(value), 4)


def explain(test: TestOutcome, audience: Audience) -> str:
    """Return why a test came out as it did, as plain text; empty if there is nothing to say."""
    parts = [OUTCOME_SENTENCES[test.outcome]]
    if test.cause is not None and test.cause.hint:
        parts.append(f"Likely mistake: {test.cause.hint}")
    parts.append(test.student_message)
    if audience is Audience.INSTRUCTOR:
        mutant = test.cause.mutant if test.cause is not None else ""
        parts += [f"Mutant: {mutant}" if mutant else "", test.instructor_message]
    return "\n\n".join(part for part in (clean(part).strip("\n") for part in parts) if part)


def compared(figures: BudgetFigures) -> str:
    """Return a budget's ratio with its interval, in short."""
    about = "about " if figures.with_yardstick else ""
    return (
        f"{about}{times(figures.ratio)} the reference"
        f" (95 % interval {times(figures.low)} to {times(figures.high)})"
    )


def overall(result: Result) -> str:
    """Return what is to be said of the submission as a whole, as plain text."""
    parts = [REGRADE_SENTENCE] if result.needs_regrade else []
    if result.failure:
        parts.append(f"Your code could not be run, so no test could look at it.\n{result.failure}")
    parts.extend(f"Note ({NOTE_LABELS[note.kind]}): {say_note(note)}" for note in result.notes)
    return "\n\n".join(clean(part) for part in parts)


def say_note(note: Note) -> str:
    """Return a note with the place that it is about."""
    return clean(f"{note.text} ({place})" if (place := ", ".join(_place(note))) else note.text)


def _place(note: Note) -> Iterator[str]:
    if note.file:
        yield note.file
    if note.line:
        yield f"line {note.line}"
    if note.hook and note.hook not in note.text:
        yield note.hook
