"""Markdown for the file that ``$GITHUB_STEP_SUMMARY`` names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from torchgrade.results import Audience, CapturedText, Outcome, Result, TestOutcome, for_audience
from torchgrade_plugins.exporters.crosswalk import CROSSWALK, compared, explain, say_note
from torchgrade_reports.text import clean, clip
from torchgrade_reports.wording import (
    NOT_KNOWN,
    NOTE_LABELS,
    OUTCOME_LABELS,
    REGRADE_SENTENCE,
    decimal,
    percent,
    state_of,
    tally,
)

__all__ = ["BYTES", "GithubSummary", "block", "inline"]

BYTES = 960 * 1024
"""Size of a summary at the most: GitHub drops one over 1 MiB whole, and a step may append its own."""

_LINE_CHARACTERS = 1_000
_BLOCK_CHARACTERS = 16_000
_CUT = "\n\n_The rest of this summary is left out: GitHub shows no summary of more than 1 MiB._\n"

# Whatever means something to Markdown, to HTML, to GitHub (mentions, issue numbers, formulas, links,
# emoji) or, at the start of a line of a log, to the runner.
_MEANINGFUL = re.compile(r"[^\w \t,;?'/%\n]|_")
_IN_BLOCK = re.compile(r"[&<>\"@:#`$|\[]")


class GithubSummary:
    """Writes tables of all tests and of all budgets, then what to mend, then notes and output.

    No character of a student, or of anybody else, reaches the file as Markdown, HTML or a workflow
    command: all that could mean something is written as a character reference.
    """

    file_suffix: str = ".md"

    def export(self, result: Result, audience: Audience) -> str:
        """Return the summary, cut between two sections where it would be too long."""
        result = for_audience(result, audience)
        room = BYTES - len(_CUT.encode())
        written: list[str] = []
        for section in _sections(result, audience):
            room -= len(section.encode())
            if room < 0:
                written.append(_CUT)
                break
            written.append(section)
        return "".join(written)


def inline(text: str) -> str:
    """Return ``text`` as one line that Markdown shows letter by letter, also in a table."""
    line = clip(" ".join(clean(text).split()), _LINE_CHARACTERS)
    return _MEANINGFUL.sub(_refer_detached, line)


def block(text: str) -> str:
    """Return ``text`` as preformatted lines."""
    body = clip(clean(text).strip("\n"), _BLOCK_CHARACTERS)
    return f"<pre>{_IN_BLOCK.sub(_refer, body)}</pre>\n"


def _refer(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


def _refer_detached(match: re.Match[str]) -> str:
    # References are resolved before GitHub looks for @names and #numbers: a zero-width space parts them.
    reference = _refer(match)
    return f"{reference}&#8203;" if match.group() in "@#" else reference


def _sections(result: Result, audience: Audience) -> Iterator[str]:
    yield _head(result)
    yield from _table("test", [test for test in result.tests if not test.is_budget])
    budgets = [test for test in result.tests if test.is_budget]
    if budgets:
        yield "\n### Speed and memory\n"
        yield from _table("budget", budgets)
    yield "\n"
    to_explain = [test for test in result.tests if test.outcome not in {Outcome.PASSED, Outcome.NOT_RUN}]
    for test in to_explain:
        yield _details(test, audience)
    for note in result.notes:
        yield f"- **{NOTE_LABELS[note.kind]}:** {inline(say_note(note))}\n"
    yield from _output("Your code printed", result.stdout)
    yield from _output("Your code printed as errors and warnings", result.stderr)
    provenance = result.provenance
    graded = f"torchgrade {provenance.engine_version}, sandbox {provenance.sandbox}, {provenance.started_at}"
    yield f"\n<sub>{inline(graded)}</sub>\n"


def _table(head: str, tests: Sequence[TestOutcome]) -> Iterator[str]:
    yield f"\n| | no. | {head} | points |\n| --- | ---: | --- | ---: |\n"
    for test in tests:
        yield _row(test)


def _head(result: Result) -> str:
    score = f"{decimal(result.score, 2)} of {decimal(result.max_score, 2)} points"
    share = percent(result.score, result.max_score)
    lines = [
        f"## {inline(result.assignment.title)}: {score}",
        f"**{inline(result.submission_id)}**: {state_of(result)}, {tally(result)} ({share} %)",
    ]
    if result.needs_regrade:
        lines.append(f"> **Note:** {REGRADE_SENTENCE}")
    if result.failure:
        lines.append(f"Your code could not be run:\n\n{block(result.failure)}")
    return "\n\n".join(lines) + "\n"


def _row(test: TestOutcome) -> str:
    regraded = test.outcome is Outcome.INTERNAL_ERROR
    points = f"{NOT_KNOWN if regraded else decimal(test.points, 2)} / {decimal(test.max_points, 2)}"
    if test.outcome is Outcome.NOT_MEASURED:
        points = NOT_KNOWN
    sign = f"{CROSSWALK[test.outcome].github} {OUTCOME_LABELS[test.outcome]}"
    hint = f"<br>**Likely mistake:** {inline(test.cause.hint)}" if test.cause and test.cause.hint else ""
    figures = "" if test.budget is None else f"<br>{inline(compared(test.budget))}"
    cells = (sign, test.number, f"{inline(test.title)}{figures}{hint}", points)
    return f"| {' | '.join(map(str, cells))} |\n"


def _details(test: TestOutcome, audience: Audience) -> str:
    text = explain(test, audience)
    if not text:
        return ""
    title = f"{test.number} {inline(test.title)}: {OUTCOME_LABELS[test.outcome]}"
    return f"<details><summary>{title}</summary>\n\n{block(text)}\n</details>\n\n"


def _output(title: str, output: CapturedText) -> Iterator[str]:
    if output.text.strip():
        cut = "\nThe output was longer; the rest was not kept.\n" if output.truncated else ""
        yield f"\n<details><summary>{title}</summary>\n\n{block(output.text)}{cut}\n</details>\n"
