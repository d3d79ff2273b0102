"""What the templates may use: one frozen record a page, every field documented.

A test renders the templates and fails for a field that none of them uses, and for one that its
docstring does not name. All text in here is cleaned of control characters; the templates escape it.
"""

from __future__ import annotations

from dataclasses import dataclass

from torchgrade_reports.budget_views import BudgetPicture, StripView
from torchgrade_reports.exhibit_views import ExhibitView

__all__ = [
    "Bar",
    "ClassPage",
    "Fact",
    "MistakeView",
    "NoteView",
    "OutputView",
    "PersonView",
    "ProblemGroup",
    "ProblemView",
    "RateView",
    "RowView",
    "SubmissionPage",
    "TestView",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A figure or a piece of provenance with its name.

    Attributes:
        label: what it is.
        value: how much, or which.
    """

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A student.

    Attributes:
        name: name, or id where the roster knows no name.
        detail: id and address; may be empty.
    """

    name: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """Something to tell the student that is no test's verdict.

    Attributes:
        label: where it comes from, such as "contract".
        text: the note; `backticks` mark code.
        place: file and line, or empty.
        hook: function of the contract that it is about, or empty.
    """

    label: str
    text: str
    place: str
    hook: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputView:
    """What the student's code printed.

    Attributes:
        name: "printed" or "errors printed".
        text: the output.
        truncated: whether more was printed than is kept.
        unfolded: whether it is short enough to be shown at once.
    """

    name: str
    text: str
    truncated: bool
    unfolded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TestView:
    """One test.

    Attributes:
        number: position in the assignment, from 1.
        name: name of the test function.
        title: the sentence that the test checks.
        outcome: the verdict in words.
        tone: style of the verdict: "good", "over", "bad", "ours" or "idle".
        symbol: a sign for the verdict, so that colour is never alone.
        points: earned; a dash while the test is to be regraded.
        max_points: to be had.
        counts: whether it is part of the total.
        hooks: the contract's functions that the test called.
        sentence: what the verdict means; may be empty.
        hint: the likely mistake; may be empty.
        mutant: name of the mutant that gave it away; empty on a student's page.
        message: what the student is told; may be empty.
        instructor_message: with values, case and seed; empty on a student's page.
        error: worst error as a multiple of the tolerance; empty on a student's page.
        duration: time of the student's calls; may be empty.
        picture: of a budget's figures; None if there are none.
        lines: the message as sentences, where it is that and no report of a failure.
        exhibits: pictures of what the student's code made.
    """

    __test__ = False

    number: int
    name: str
    title: str
    outcome: str
    tone: str
    symbol: str
    points: str
    max_points: str
    counts: bool
    hooks: tuple[str, ...]
    sentence: str
    hint: str
    mutant: str
    message: str
    instructor_message: str
    error: str
    duration: str
    picture: BudgetPicture | None
    lines: tuple[str, ...]
    exhibits: tuple[ExhibitView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionPage:
    """The page about one submission, for its student or for the instructor.

    Attributes:
        for_instructor: whether this is the instructor's version.
        assignment: title of the assignment.
        submission_id: name of the submission.
        people: who handed it in; may be empty.
        score: points earned.
        max_score: points to be had.
        percent: the score in percent, rounded down.
        shares: the points of tests and of budgets, where there are both.
        state: what became of the submission, such as "some failed".
        tone: style of the state, as that of a test.
        headline: the result in a sentence.
        failure: why nothing could be run; empty if something was.
        regrade: what a student has to know if the grader itself failed; else empty.
        tests: all tests and budgets, in the assignment's order.
        to_mend: tests that the submission did not pass.
        regraded: tests on which the grader itself failed.
        passed: tests that the submission passed.
        not_run: tests that were not run; budgets too, if nothing could be run at all.
        budgets: what was measured, or why it was not.
        budget_points: earned for budgets, and how many there were to be had.
        notes: what is to be told beside the tests.
        outputs: what the code printed; only what is not empty.
        facts: provenance.
        class_link: address of the class page; empty on a student's page.
        student_link: address of the student's version; empty on that version.
    """

    for_instructor: bool
    assignment: str
    submission_id: str
    people: tuple[PersonView, ...]
    score: str
    max_score: str
    percent: int
    shares: tuple[Fact, ...]
    state: str
    tone: str
    headline: str
    failure: str
    regrade: str
    tests: tuple[TestView, ...]
    to_mend: tuple[TestView, ...]
    regraded: tuple[TestView, ...]
    passed: tuple[TestView, ...]
    not_run: tuple[TestView, ...]
    budgets: tuple[TestView, ...]
    budget_points: str
    notes: tuple[NoteView, ...]
    outputs: tuple[OutputView, ...]
    facts: tuple[Fact, ...]
    class_link: str
    student_link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One submission in the table of the class page.

    Attributes:
        name: the students' names; the submission's id where there are none.
        submission_id: name of the submission.
        score: points earned.
        max_score: points to be had.
        score_key: the score as a number to sort by.
        state: what became of it.
        tone: style of the state.
        failing: how many tests did not pass.
        needs_regrade: whether the grader itself failed.
        duration: time that grading took; a dash if unknown.
        duration_key: the same in seconds, to sort by.
        student_link: address of the student's page.
        instructor_link: address of the instructor's page.
    """

    name: str
    submission_id: str
    score: str
    max_score: str
    score_key: float
    state: str
    tone: str
    failing: int
    needs_regrade: bool
    duration: str
    duration_key: float
    student_link: str
    instructor_link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of the distribution of scores, in units of the drawing.

    Attributes:
        label: what the axis says below it: the lower end, in percent.
        title: the range and the number in words.
        number: how many submissions.
        x: left edge.
        y: upper edge.
        width: width.
        height: height.
    """

    label: str
    title: str
    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateView:
    """How the class did on one test.

    Attributes:
        number: position in the assignment.
        name: name of the test function.
        title: the sentence that it checks.
        passed: how many passed.
        failed: how many did not.
        not_run: on how many it was not run.
        regraded: on how many the grader itself failed.
        percent: passed in percent of those on which it was run; -1 if there are none.
        passed_width: share of the bar that stands for passed, in percent.
        failed_width: share that stands for failed.
    """

    number: int
    name: str
    title: str
    passed: int
    failed: int
    not_run: int
    regraded: int
    percent: int
    passed_width: float
    failed_width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MistakeView:
    """A mistake that submissions share.

    Attributes:
        hint: the hint that those students were given.
        mutants: names of the mutants that gave it away.
        number: how many submissions.
        tests: numbers of the tests that showed it.
    """

    hint: str
    mutants: str
    number: int
    tests: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """A submission that an instructor should look at.

    Attributes:
        name: the submission, as in the table.
        link: address of the instructor's page.
        detail: tests or message.
    """

    name: str
    link: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemGroup:
    """All submissions with which the same thing went wrong.

    Attributes:
        kind: what went wrong, such as "took too long".
        tone: style of the kind.
        unfolded: whether it needs somebody to act, so that it is shown at once.
        problems: the submissions; at least one.
    """

    kind: str
    tone: str
    unfolded: bool
    problems: tuple[ProblemView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPage:
    """The page about a batch, for the instructor.

    Attributes:
        assignment: title of the assignment.
        figures: the batch in a few figures.
        uncounted: why some submissions are in no figure; empty if all are counted.
        bars: the distribution of scores; empty if there is nothing to draw.
        chart_summary: the distribution in words.
        rates: how the class did on each test.
        budgets: how it lies within each budget.
        mistakes: what the hints were given for, most common first.
        groups: what an instructor should look at, most urgent first.
        rows: all submissions.
        states: the states that occur, to filter by.
        facts: provenance of the batch.
    """

    assignment: str
    figures: tuple[Fact, ...]
    uncounted: str
    bars: tuple[Bar, ...]
    chart_summary: str
    rates: tuple[RateView, ...]
    budgets: tuple[StripView, ...]
    mistakes: tuple[MistakeView, ...]
    groups: tuple[ProblemGroup, ...]
    rows: tuple[RowView, ...]
    states: tuple[str, ...]
    facts: tuple[Fact, ...]
