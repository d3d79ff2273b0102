"""``gradebook.csv``: one row a student, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from torchgrade.results import Outcome, Result
from torchgrade.submission import Student
from torchgrade_reports.files import write_atomically
from torchgrade_reports.text import clean, clip
from torchgrade_reports.wording import decimal, state_of

__all__ = ["Gradebook", "cell"]

_PLACES = 4
_WITHOUT_POINTS = (Outcome.INTERNAL_ERROR, Outcome.NOT_MEASURED)
# Spreadsheets cut a cell, or spill it over the next rows, somewhere above 32,000.
_CELL_CHARACTERS = 1_000
_COLUMNS = (
    "submission",
    "student_id",
    "name",
    "email",
    "score",
    "max_score",
    "percent",
    "state",
    "needs_regrade",
)
# Excel also takes the full-width forms for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - these very characters


class Gradebook:
    """Writes ``gradebook.csv`` in UTF-8, with a column for each test.

    A group's submission has a row for each of its students; one that nobody on the roster sent has a
    row without a student. Points are decimals, rounded to four places. A test on which the grader
    itself failed has an empty cell, not a zero, and so has a budget that was not measured.
    """

    def write(self, results: Sequence[Result], folder: Path) -> list[Path]:
        """Write the file into ``folder``, which is made if missing, and return its path."""
        tests = _columns_of_tests(results)
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        writer.writerow([*_COLUMNS, *(cell(test) for test in tests)])
        for result in sorted(results, key=lambda result: result.submission_id):
            writer.writerows(_rows(result, tests))
        folder.mkdir(parents=True, exist_ok=True)
        return [write_atomically(folder / "gradebook.csv", buffer.getvalue())]


def cell(text: str) -> str:
    """Return ``text`` as a spreadsheet shows it and never computes it."""
    text = clip(clean(text), _CELL_CHARACTERS)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _columns_of_tests(results: Sequence[Result]) -> Sequence[str]:
    numbers: dict[str, int] = {}
    for result in results:
        for test in result.tests:
            numbers.setdefault(test.id, test.number)
    return sorted(numbers, key=lambda identifier: (numbers[identifier], identifier))


def _rows(result: Result, tests: Sequence[str]) -> Iterator[list[str]]:
    points: Mapping[str, str] = {
        test.id: "" if test.outcome in _WITHOUT_POINTS else decimal(test.points, _PLACES)
        for test in result.tests
    }
    share = result.score * 100 / result.max_score if result.max_score else Fraction(0)
    figures = [
        decimal(result.score, _PLACES),
        decimal(result.max_score, _PLACES),
        decimal(share, _PLACES),
        state_of(result),
        "yes" if result.needs_regrade else "no",
        *(points.get(test, "") for test in tests),
    ]
    for student in result.students or (Student(id=""),):
        person = (result.submission_id, student.id, student.name, student.email)
        yield [*(cell(text) for text in person), *figures]
