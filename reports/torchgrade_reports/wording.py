"""What verdicts and figures are called, in pages and exports alike."""

from __future__ import annotations

import enum
import itertools
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
    "quantity",
    "seconds",
    "state_of",
    "tally",
    "times",
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
    Outcome.OVER_BUDGET: "over budget",
    Outcome.NOT_MEASURED: "not measured",
}

OUTCOME_SENTENCES: Mapping[Outcome, str] = {
    Outcome.PASSED: "",
    Outcome.FAILED: "",
    Outcome.ERROR: "Your code raised an error.",
    Outcome.TIMEOUT: "Your code took longer than it may and was stopped.",
    Outcome.MEMORY: "Your code needed more memory than it may have.",
    Outcome.NOT_IMPLEMENTED: "A function that this test calls is not written yet.",
    Outcome.INTERNAL_ERROR: REGRADE_SENTENCE,
    Outcome.NOT_RUN: "This was not run, so it gives no points.",
    Outcome.OVER_BUDGET: "",
    Outcome.NOT_MEASURED: "This is out of the total: it costs you nothing.",
}
"""What an outcome means to a student; empty where the test's own message says all."""

NOTE_LABELS: Mapping[NoteKind, str] = {
    NoteKind.LOAD: "reading your files",
    NoteKind.CONTRACT: "contract",
    NoteKind.RULE: "rules",
    NoteKind.RUN: "running your code",
}


_FOUR_FIGURES = 999.5
_LEAST_RATIO = 0.001
_TIME_UNITS = ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s"))
_MEMORY_UNITS = ((1.0, "bytes"), (2.0**10, "KiB"), (2.0**20, "MiB"), (2.0**30, "GiB"))


class State(enum.StrEnum):
    """What became of a submission as a whole."""

    REGRADE = "to be regraded"
    UNGRADABLE = "could not be run"
    PASSED = "all passed"
    OVER_BUDGET = "over budget"
    FAILED = "some failed"


def state_of(result: Result) -> State:
    """Return the state; a fault of the grader outweighs all else, since the score is not final."""
    if result.needs_regrade:
        return State.REGRADE
    if result.failure:
        return State.UNGRADABLE
    if result.passed:
        return State.PASSED
    at_most_over = (Outcome.PASSED, Outcome.NOT_MEASURED, Outcome.OVER_BUDGET)
    right = all(test.outcome in at_most_over for test in result.tests)
    return State.OVER_BUDGET if right else State.FAILED


def tally(result: Result) -> str:
    """Return how many tests passed and how many budgets were kept: "7 of 8 tests passed"."""
    tests = [test.outcome for test in result.tests if not test.is_budget]
    budgets = [test.outcome for test in result.tests if test.is_budget]
    measured = [outcome for outcome in budgets if outcome is not Outcome.NOT_MEASURED]
    parts = [f"{tests.count(Outcome.PASSED)} of {count(len(tests), 'test')} passed"] if tests else []
    if measured:
        parts.append(f"{measured.count(Outcome.PASSED)} of {count(len(measured), 'budget')} kept")
    if len(measured) < len(budgets):
        parts.append(f"{count(len(budgets) - len(measured), 'budget')} not measured")
    return ", ".join(parts)


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


def times(ratio: float) -> str:
    """Return a ratio for people, to three figures: "2.31 ×"."""
    if 0 < ratio < _LEAST_RATIO:
        return f"under {_LEAST_RATIO:g} ×"
    return f"{_three_figures(ratio)} ×"


def quantity(measures: str, value: float) -> str:
    """Return what a budget measured, to three figures, in the unit that suits it: "6.93 ms", "1.5 MiB".

    Args:
        measures: ``"time"`` or ``"memory"``.
        value: in seconds or in bytes.
    """
    units = _TIME_UNITS if measures == "time" else _MEMORY_UNITS
    for (size, name), (next_size, _) in itertools.pairwise(units):
        # What would be shown as 1,000 µs is 1 ms; 1,000 KiB are no MiB yet, but 1,024 are.
        if float(f"{value / size:.3g}") * size < next_size:
            return f"{_three_figures(value / size)} {name}"
    size, name = units[-1]
    return f"{_three_figures(value / size)} {name}"


def _three_figures(value: float) -> str:
    # No powers of ten for a reader.
    return f"{value:.3g}" if value < _FOUR_FIGURES else f"{value:,.0f}"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 test" or "3 tests"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
