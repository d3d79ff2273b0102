"""The page about one submission: from a result to what its template uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from torchgrade.results import (
    Audience,
    CapturedText,
    Note,
    Outcome,
    Provenance,
    Result,
    TestOutcome,
    for_audience,
)
from torchgrade.submission import Student
from torchgrade_reports.budget_picture import picture
from torchgrade_reports.contexts import Fact, NoteView, OutputView, PersonView, SubmissionPage, TestView
from torchgrade_reports.exhibit_picture import exhibit_view
from torchgrade_reports.text import clean
from torchgrade_reports.wording import (
    NOT_KNOWN,
    NOTE_LABELS,
    OUTCOME_LABELS,
    OUTCOME_SENTENCES,
    REGRADE_SENTENCE,
    State,
    count,
    decimal,
    percent,
    seconds,
    state_of,
    tally,
)

__all__ = ["STATE_TONES", "moment", "submission_page", "tone_of"]

STATE_TONES: Mapping[State, str] = {
    State.REGRADE: "ours",
    State.UNGRADABLE: "bad",
    State.PASSED: "good",
    State.OVER_BUDGET: "over",
    State.FAILED: "bad",
}
_TONES: Mapping[Outcome, str] = {
    Outcome.PASSED: "good",
    Outcome.INTERNAL_ERROR: "ours",
    Outcome.NOT_RUN: "idle",
    Outcome.OVER_BUDGET: "over",
    Outcome.NOT_MEASURED: "idle",
}
_SYMBOLS: Mapping[str, str] = {"good": "✓", "over": "▲", "bad": "✗", "ours": "↻", "idle": NOT_KNOWN}
# A budget's message is prose, but where an answer was wrong: that is told as in tests.
_SAID = (
    *(Outcome.PASSED, Outcome.OVER_BUDGET, Outcome.NOT_MEASURED),
    *(Outcome.NOT_RUN, Outcome.INTERNAL_ERROR),
)
_UNFOLDED_LINES = 30


def submission_page(
    result: Result, audience: Audience, *, class_link: str = "", student_link: str = ""
) -> SubmissionPage:
    """Return the page of ``result`` as ``audience`` may see it."""
    result = for_audience(result, audience)
    tests = tuple(_test(test) for test in result.tests)
    of_budgets = [test for test in result.tests if test.is_budget]
    # Of a submission that could not be run there is nothing to tell of each budget.
    silent = Outcome.NOT_RUN if result.failure else None
    apart = {test.number for test in of_budgets if test.outcome is not silent}
    others = [test for test in tests if test.number not in apart]
    state = state_of(result)
    return SubmissionPage(
        for_instructor=audience is Audience.INSTRUCTOR,
        assignment=clean(result.assignment.title),
        submission_id=clean(result.submission_id),
        people=tuple(_person(student) for student in result.students),
        score=decimal(result.score, 2),
        max_score=decimal(result.max_score, 2),
        percent=percent(result.score, result.max_score),
        shares=tuple(_shares(result)),
        state=state,
        tone=STATE_TONES[state],
        headline=_headline(result, state),
        failure=clean(result.failure),
        regrade=REGRADE_SENTENCE if result.needs_regrade else "",
        tests=tests,
        to_mend=tuple(test for test in others if test.tone == "bad"),
        regraded=tuple(test for test in others if test.tone == "ours"),
        passed=tuple(test for test in others if test.tone == "good"),
        not_run=tuple(test for test in others if test.tone == "idle"),
        budgets=tuple(test for test in tests if test.number in apart),
        budget_points=_points(of_budgets),
        notes=tuple(_note(note) for note in result.notes),
        outputs=tuple(_outputs(result)),
        facts=tuple(_facts(result.provenance, audience)),
        class_link=class_link,
        student_link=student_link,
    )


def tone_of(outcome: Outcome) -> str:
    """Return the style of an outcome: "good", "over", "bad", "ours" (the grader's fault) or "idle"."""
    return _TONES.get(outcome, "bad")


def moment(timestamp: str) -> str:
    """Return an ISO 8601 time of UTC to the second, for people; any other text as it is."""
    date, separator, time = clean(timestamp).partition("T")
    if not separator:
        return date
    return f"{date} {time.removesuffix('Z').removesuffix('+00:00').partition('.')[0]} UTC"


def _headline(result: Result, state: State) -> str:
    if state is State.UNGRADABLE:
        return "Your code could not be run, so no test could look at it."
    if state is not State.PASSED:
        return f"{tally(result)}."
    tests = sum(not test.is_budget for test in result.tests)
    if tests == len(result.tests):
        return f"All {count(tests, 'test')} passed." if tests > 1 else "Everything passed."
    return f"Everything passed: {tally(result)}."


def _shares(result: Result) -> Iterator[Fact]:
    parts = {
        "tests": [test for test in result.tests if not test.is_budget],
        "speed and memory": [test for test in result.tests if test.is_budget],
    }
    if all(parts.values()):
        for label, tests in parts.items():
            yield Fact(label=label, value=_points(tests))


def _points(tests: Sequence[TestOutcome]) -> str:
    earned = sum((test.points for test in tests), Fraction(0))
    to_be_had = sum((test.max_points for test in tests), Fraction(0))
    return f"{decimal(earned, 2)} of {decimal(to_be_had, 2)}"


def _person(student: Student) -> PersonView:
    details = (student.id if student.name else "", student.email)
    return PersonView(
        name=clean(student.name or student.id), detail=clean(" · ".join(text for text in details if text))
    )


def _test(test: TestOutcome) -> TestView:
    tone = tone_of(test.outcome)
    message = clean(test.student_message).strip("\n")
    error = test.error_in_tolerances
    return TestView(
        number=test.number,
        name=clean(test.id),
        title=clean(test.title),
        outcome=OUTCOME_LABELS[test.outcome],
        tone=tone,
        symbol=_SYMBOLS[tone],
        points=NOT_KNOWN if test.outcome is Outcome.INTERNAL_ERROR else decimal(test.points, 2),
        max_points=decimal(test.max_points, 2),
        counts=test.outcome is not Outcome.NOT_MEASURED,
        hooks=tuple(clean(hook) for hook in test.hooks),
        sentence=OUTCOME_SENTENCES[test.outcome],
        hint=clean(test.cause.hint) if test.cause else "",
        mutant=clean(test.cause.mutant) if test.cause else "",
        message=message,
        instructor_message=clean(test.instructor_message).strip("\n"),
        error="" if error is None else f"{error:.3g}",
        duration=seconds(test.wall_seconds) if test.wall_seconds else "",
        picture=None if test.budget is None else picture(test.budget),
        lines=tuple(message.splitlines()) if _is_prose(test) else (),
        exhibits=tuple(exhibit_view(exhibit) for exhibit in test.exhibits),
    )


def _is_prose(test: TestOutcome) -> bool:
    return test.is_budget and (test.budget is not None or test.outcome in _SAID)


def _note(note: Note) -> NoteView:
    place = f"{note.file}, line {note.line}" if note.file and note.line else note.file
    return NoteView(
        label=NOTE_LABELS[note.kind],
        text=clean(note.text),
        place=clean(place or (f"line {note.line}" if note.line else "")),
        hook=clean(note.hook),
    )


def _outputs(result: Result) -> Iterator[OutputView]:
    captured: tuple[tuple[str, CapturedText], ...] = (
        ("Your code printed", result.stdout),
        ("Your code printed as errors and warnings", result.stderr),
    )
    for name, output in captured:
        text = clean(output.text).strip("\n")
        if text or output.truncated:
            yield OutputView(
                name=name,
                text=text,
                truncated=output.truncated,
                unfolded=text.count("\n") < _UNFOLDED_LINES,
            )


def _facts(provenance: Provenance, audience: Audience) -> Iterator[Fact]:
    total = provenance.phase_seconds.get("total")
    facts = {
        "graded": moment(provenance.started_at),
        "grading took": "" if total is None else seconds(total),
        "sandbox": "none, the code was not run" if provenance.sandbox == "none" else provenance.sandbox,
        "torchgrade": provenance.engine_version,
        "Python": provenance.python,
        "packages": ", ".join(f"{name} {version}" for name, version in sorted(provenance.packages.items())),
        "machine": f"{provenance.platform}, {count(provenance.cpu_count, 'CPU')}",
        "submission (SHA-256)": provenance.submission_sha256,
        "assignment (SHA-256)": provenance.assignment_sha256,
    }
    if audience is Audience.INSTRUCTOR:
        phases = provenance.phase_seconds.items()
        facts |= {
            "reference (SHA-256)": provenance.reference_sha256,
            "seed": provenance.seed,
            "phases": ", ".join(f"{name.replace('_', ' ')} {seconds(value)}" for name, value in phases),
        }
    for label, value in facts.items():
        if value:
            yield Fact(label=label, value=clean(value))
