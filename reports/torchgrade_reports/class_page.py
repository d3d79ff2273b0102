"""The page about a batch: from its results to what the template uses."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torchgrade.results import BudgetVerdict, Outcome, Provenance, Result, TestOutcome
from torchgrade_reports.budget_picture import strips
from torchgrade_reports.chart import describe, histogram
from torchgrade_reports.contexts import (
    ClassPage,
    Fact,
    MistakeView,
    ProblemGroup,
    ProblemView,
    RateView,
    RowView,
)
from torchgrade_reports.submission_page import STATE_TONES, moment, tone_of
from torchgrade_reports.text import clean, clip, first_line
from torchgrade_reports.wording import (
    NOT_KNOWN,
    OUTCOME_LABELS,
    State,
    count,
    decimal,
    percent,
    seconds,
    state_of,
)

__all__ = ["Links", "class_page"]

_FINE = (Outcome.PASSED, Outcome.NOT_MEASURED)
_CRASHES = (Outcome.TIMEOUT, Outcome.MEMORY, Outcome.ERROR)
_NAME_CHARACTERS = 120
_DETAIL_CHARACTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Addresses of a submission's two pages, relative to the class page."""

    student: str
    instructor: str


def class_page(results: Sequence[Result], links: Mapping[str, Links]) -> ClassPage:
    """Return the page of a batch.

    Args:
        results: all results; of one assignment, as a rule.
        links: addresses by submission id.
    """
    # A score that is not final would blame students for a fault of the grader.
    final = [result for result in results if not result.needs_regrade]
    pending = len(results) - len(final)
    percents = [percent(result.score, result.max_score) for result in final]
    rows = tuple(sorted((_row(result, links) for result in results), key=_by_name))
    bars = histogram(percents)
    return ClassPage(
        assignment=_distinct(results, lambda result: result.assignment.title) or "no submissions",
        figures=tuple(_figures(results, final)),
        uncounted=f"{_to_regrade(pending)} not counted in the figures above." if pending else "",
        bars=bars,
        chart_summary=describe(bars),
        rates=tuple(_rates(results)),
        budgets=tuple(strips(results, _name)),
        mistakes=_mistakes(results),
        groups=tuple(_groups(results, links)),
        rows=rows,
        states=tuple(str(state) for state in State if any(row.state == state for row in rows)),
        facts=tuple(_facts(results)),
    )


def _to_regrade(number: int) -> str:
    return f"{count(number, 'submission')} to be regraded {'is' if number == 1 else 'are'}"


def _by_name(row: RowView) -> tuple[str, str]:
    return row.name.casefold(), row.submission_id


def _name(result: Result) -> str:
    names = ", ".join(student.name or student.id for student in result.students)
    return clip(clean(names) or clean(result.submission_id), _NAME_CHARACTERS)


def _row(result: Result, links: Mapping[str, Links]) -> RowView:
    state = state_of(result)
    total = result.provenance.phase_seconds.get("total")
    return RowView(
        name=_name(result),
        submission_id=clip(clean(result.submission_id), _NAME_CHARACTERS),
        score=decimal(result.score, 2),
        max_score=decimal(result.max_score, 2),
        score_key=float(result.score),
        state=state,
        tone=STATE_TONES[state],
        failing=sum(test.outcome not in _FINE for test in result.tests),
        needs_regrade=result.needs_regrade,
        duration=NOT_KNOWN if total is None else seconds(total),
        duration_key=0.0 if total is None else total,
        student_link=links[result.submission_id].student,
        instructor_link=links[result.submission_id].instructor,
    )


def _figures(results: Sequence[Result], final: Sequence[Result]) -> Iterator[Fact]:
    states = Counter(state_of(result) for result in results)
    yield Fact(label="submissions", value=str(len(results)))
    if final:
        scores = [result.score for result in final]
        best = decimal(max(result.max_score for result in final), 2)
        yield Fact(label=f"mean of {best}", value=decimal(statistics.mean(scores), 1))
        yield Fact(label=f"median of {best}", value=decimal(statistics.median(scores), 1))
    yield Fact(label=State.PASSED, value=str(states[State.PASSED]))
    yield Fact(label=State.UNGRADABLE, value=str(sum(bool(result.failure) for result in results)))
    yield Fact(label=State.REGRADE, value=str(states[State.REGRADE]))


def _rates(results: Sequence[Result]) -> Iterator[RateView]:
    tests: dict[str, TestOutcome] = {}
    tones: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        for test in result.tests:
            if test.is_budget:
                continue
            tests.setdefault(test.id, test)
            tones[test.id][tone_of(test.outcome)] += 1
    for identifier, test in sorted(tests.items(), key=lambda item: item[1].number):
        tally = tones[identifier]
        run = tally["good"] + tally["bad"]
        yield RateView(
            number=test.number,
            name=clean(identifier),
            title=clean(test.title),
            passed=tally["good"],
            failed=tally["bad"],
            not_run=tally["idle"],
            regraded=tally["ours"],
            percent=percent(tally["good"], run) if run else -1,
            passed_width=round(100 * tally["good"] / tally.total(), 2),
            failed_width=round(100 * tally["bad"] / tally.total(), 2),
        )


def _mistakes(results: Sequence[Result]) -> tuple[MistakeView, ...]:
    submissions: dict[str, set[int]] = defaultdict(set)
    mutants: dict[str, set[str]] = defaultdict(set)
    numbers: dict[str, set[int]] = defaultdict(set)
    for index, result in enumerate(results):
        for test in result.tests:
            if test.cause is not None:
                submissions[test.cause.hint].add(index)
                mutants[test.cause.hint].add(test.cause.mutant)
                numbers[test.cause.hint].add(test.number)
    ranking = sorted(submissions, key=lambda hint: (-len(submissions[hint]), min(numbers[hint]), hint))
    return tuple(
        MistakeView(
            hint=clean(hint),
            mutants=clean(", ".join(sorted(mutants[hint] - {""}))),
            number=len(submissions[hint]),
            tests=_numbers(numbers[hint]),
        )
        for hint in ranking
    )


def _groups(results: Sequence[Result], links: Mapping[str, Links]) -> Iterator[ProblemGroup]:
    by_name = sorted(results, key=lambda result: _name(result).casefold())

    def problem(result: Result, detail: str) -> ProblemView:
        return ProblemView(
            name=_name(result),
            link=links[result.submission_id].instructor,
            detail=clip(detail, _DETAIL_CHARACTERS),
        )

    def having(fits: Callable[[TestOutcome], bool]) -> tuple[ProblemView, ...]:
        found = ((result, [test for test in result.tests if fits(test)]) for result in by_name)
        return tuple(problem(result, _explain(tests)) for result, tests in found if tests)

    def by_outcome(outcome: Outcome) -> tuple[ProblemView, ...]:
        return having(lambda test: test.outcome is outcome)

    unreadable = tuple(
        problem(result, first_line(clean(result.failure))) for result in by_name if result.failure
    )
    kinds = (
        (OUTCOME_LABELS[Outcome.INTERNAL_ERROR], "ours", True, by_outcome(Outcome.INTERNAL_ERROR)),
        (str(State.UNGRADABLE), "bad", True, unreadable),
        ("too little to be believed", "bad", True, having(_is_implausible)),
        *((OUTCOME_LABELS[outcome], "bad", False, by_outcome(outcome)) for outcome in _CRASHES),
    )
    for kind, tone, unfolded, problems in kinds:
        if problems:
            yield ProblemGroup(kind=kind, tone=tone, unfolded=unfolded, problems=problems)


def _is_implausible(test: TestOutcome) -> bool:
    return test.budget is not None and test.budget.verdict is BudgetVerdict.IMPLAUSIBLE


def _explain(tests: Sequence[TestOutcome]) -> str:
    kind = "budget" if all(test.is_budget for test in tests) else "test"
    noun = kind if len(tests) == 1 else f"{kind}s"
    message = first_line(clean(tests[0].instructor_message or tests[0].student_message))
    where = f"{noun} {_numbers(test.number for test in tests)}"
    return clip(f"{where}: {message}" if message else where, _DETAIL_CHARACTERS)


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))


def _facts(results: Sequence[Result]) -> Iterator[Fact]:
    def one(part: Callable[[Provenance], str]) -> str:
        return _distinct(results, lambda result: part(result.provenance))

    times = sorted(result.provenance.started_at for result in results)
    sandboxes = Counter(result.provenance.sandbox for result in results)
    busy = sum(result.provenance.phase_seconds.get("total", 0.0) for result in results)
    facts = {
        "first graded": moment(times[0]) if times else "",
        "last graded": moment(times[-1]) if times else "",
        "grading took, summed": seconds(busy) if busy else "",
        "sandbox": ", ".join(f"{level} ({number})" for level, number in sandboxes.most_common()),
        "torchgrade": one(lambda provenance: provenance.engine_version),
        "Python": one(lambda provenance: provenance.python),
        "packages": one(
            lambda provenance: " ".join(
                f"{name} {text}" for name, text in sorted(provenance.packages.items())
            )
        ),
        "machine": one(lambda provenance: f"{provenance.platform} ({count(provenance.cpu_count, 'CPU')})"),
        "assignment (SHA-256)": one(lambda provenance: provenance.assignment_sha256),
        "reference (SHA-256)": one(lambda provenance: provenance.reference_sha256),
        "seed": one(lambda provenance: provenance.seed),
    }
    for label, value in facts.items():
        if value:
            yield Fact(label=label, value=clean(value))


def _distinct(results: Sequence[Result], part: Callable[[Result], str]) -> str:
    """Return the different values, in the order of their first occurrence."""
    values = dict.fromkeys(part(result) for result in results)
    return clean(", ".join(value for value in values if value))
