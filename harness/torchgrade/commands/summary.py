"""What ``grade`` prints at its end."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import click

from torchgrade.batch.session import GradedBatch
from torchgrade.commands.options import counted, echo_json, echo_table, points_text
from torchgrade.results import BUDGET_PREFIX, Outcome, Result

__all__ = ["Line", "Summary", "echo_summary", "summarise"]

FINE = (Outcome.PASSED, Outcome.NOT_MEASURED)
ROWS = 40
"""A longer table is cut down to what needs a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One submission in short; points as exact fractions."""

    submission: str
    students: tuple[str, ...]
    score: Fraction
    max_score: Fraction
    passed: bool
    needs_regrade: bool
    failure: str
    not_passed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A batch in short.

    Attributes:
        graded_now: submissions that were graded by this call; the rest was done before.
        missing: sentences about roster lines without a submission.
        sandboxes: levels under which submissions ran.
        measuring_seconds: spent on budgets, by one grading process at a time.
        waiting_seconds: spent by grading processes on keeping quiet meanwhile.
    """

    out: Path
    pages: tuple[Path, ...]
    submissions: int
    graded_now: int
    passed: int
    needs_regrade: int
    sandboxes: tuple[str, ...]
    measuring_seconds: float
    waiting_seconds: float
    missing: tuple[str, ...]
    lines: tuple[Line, ...]


def summarise(graded: GradedBatch, pages: list[Path], out: Path) -> Summary:
    """Put a batch in short."""
    results = graded.results
    return Summary(
        out=out,
        pages=tuple(pages),
        submissions=len(results),
        graded_now=graded.graded_now,
        passed=sum(result.passed for result in results),
        needs_regrade=sum(result.needs_regrade for result in results),
        sandboxes=tuple(sorted({result.provenance.sandbox for result in results} - {"none"})),
        measuring_seconds=_seconds(results, "budgets"),
        waiting_seconds=_seconds(results, "lane"),
        missing=graded.enrolment.missing,
        lines=tuple(_line(result) for result in results),
    )


def echo_summary(summary: Summary, *, as_json: bool) -> None:
    """Print it: as JSON, or as a short table and where the pages are."""
    if as_json:
        echo_json(summary)
        return
    lines = summary.lines
    if len(lines) > ROWS:
        lines = tuple(line for line in lines if line.failure or line.needs_regrade)[:ROWS]
    if lines:
        rows = [
            (line.submission, points_text(line.score), points_text(line.max_score), _state(line))
            for line in lines
        ]
        echo_table(("submission", "score", "of", "state"), rows, right=(1, 2))
    if len(lines) < summary.submissions:
        click.echo(f"({summary.submissions - len(lines)} more in the pages)")
    click.echo("")
    click.echo(_counts(summary))
    if summary.measuring_seconds >= 1:
        click.echo(
            f"time and memory: {summary.measuring_seconds:.0f} s of measuring, one submission at a time;"
            f" grading processes kept quiet for it for {summary.waiting_seconds:.0f} s"
        )
    if summary.pages:
        click.echo(f"pages: {summary.pages[0]}")


def _seconds(results: Sequence[Result], phase: str) -> float:
    return round(sum(result.provenance.phase_seconds.get(phase, 0.0) for result in results), 3)


def _line(result: Result) -> Line:
    return Line(
        submission=result.submission_id,
        students=tuple(student.id for student in result.students),
        score=result.score,
        max_score=result.max_score,
        passed=result.passed,
        needs_regrade=result.needs_regrade,
        failure=result.failure,
        not_passed=tuple(test.id for test in result.tests if test.outcome not in FINE),
    )


def _state(line: Line) -> str:
    if line.passed:
        return "passed"
    if line.needs_regrade:
        return "to be graded anew: the grader's fault"
    if line.failure:
        return "could not run"
    budgets = [name for name in line.not_passed if name.startswith(BUDGET_PREFIX)]
    tests = len(line.not_passed) - len(budgets)
    parts = [f"{counted(tests, 'test')} not passed"] if tests else []
    parts += [f"{counted(len(budgets), 'budget')} not kept"] if budgets else []
    return ", ".join(parts)


def _counts(summary: Summary) -> str:
    parts = [counted(summary.submissions, "submission"), f"{summary.passed} passed everything"]
    if summary.submissions > summary.graded_now:
        parts.insert(1, f"{summary.graded_now} graded now")
    percents = [100 * float(line.score / line.max_score) for line in summary.lines if line.max_score]
    if percents:
        parts.append(f"median {statistics.median(percents):.0f} %")
    if summary.needs_regrade:
        parts.append(f"{summary.needs_regrade} to be graded anew")
    if summary.sandboxes:
        parts.append(f"sandbox: {', '.join(summary.sandboxes)}")
    return ", ".join(parts)
