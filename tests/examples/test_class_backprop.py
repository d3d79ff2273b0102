"""A class of backprop submissions, good and bad: each gets exactly what it should."""

from __future__ import annotations

import csv
import html
import re
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from torchgrade.batch.discovery import discover
from torchgrade.content import load_assignment, load_reference
from torchgrade.results import Audience, BudgetVerdict, Outcome, Result, TestOutcome, for_audience
from torchgrade_reports.wording import decimal

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "class"
CLASS = EXAMPLES / "backprop"
EXPECTED: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    (CLASS / "expected.toml").read_text(encoding="utf-8")
)
SUBMISSIONS = sorted(EXPECTED)
BUDGETS = {f"budget_{name}": name for name in ("mlp_time", "mlp_memory", "graph_time")}
LONG_NUMBER = re.compile(r"[1-9]\d*\.\d{4,}|\b0\.0*[1-9]\d{3,}")  # four digits that mean something

each_submission = pytest.mark.parametrize("submission", SUBMISSIONS)


def words(text: str) -> str:
    """Text as a reader compares it: backticks may have become markup, and lines may be broken."""
    return " ".join(text.replace("`", "").split())


def page_text(path: Path) -> str:
    """What a page shows: no styles, no scripts, no tags (in its text every ``<`` is escaped)."""
    source = path.read_text(encoding="utf-8")
    return words(html.unescape(re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", "", source, flags=re.DOTALL)))


def hints() -> dict[str, str]:
    reference = load_reference(ROOT, load_assignment(ROOT, "backprop"))
    return {mutant.name: mutant.hint for mutant in reference.mutants}


def failing_tests(submission: str, result: Result) -> dict[str, str]:
    """Return the outcomes that the note names, with ``every`` written out."""
    noted = dict(EXPECTED[submission].get("failing", {}))
    every = noted.pop("every", None)
    return {test.id: every for test in hidden_tests_of(result)} | noted if every else noted


def hidden_tests_of(result: Result) -> list[TestOutcome]:
    return [test for test in result.tests if test.id not in BUDGETS]


def budgets_of(result: Result) -> dict[str, TestOutcome]:
    return {BUDGETS[test.id]: test for test in result.tests if test.id in BUDGETS}


def expected_of_budgets(submission: str) -> dict[str, str]:
    """Return the outcome of every budget that the note names, and ``passed`` of the others."""
    note = EXPECTED[submission]
    every = note.get("failing", {}).get("every", "passed")
    return dict.fromkeys(BUDGETS.values(), every) | note.get("budgets", {})


def roster() -> list[dict[str, str]]:
    with (CLASS / "roster.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_submission_is_on_the_roster_and_has_a_note_and_a_line_in_the_readme():
    found = {submission.id for submission in discover([CLASS], skip=ROOT / "out").submissions}
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert len(found) >= 20
    assert found == set(SUBMISSIONS)
    assert found == {line["submission"] for line in roster()}
    assert [name for name in SUBMISSIONS if f"`{name}" not in readme] == []


def test_people_on_the_roster_are_told_apart_and_made_up():
    lines = roster()
    assert len({line["student_id"] for line in lines}) == len(lines)
    assert len({line["email"] for line in lines}) == len(lines)
    assert all(line["email"].endswith(".example") for line in lines)


def test_notes_name_tests_and_mutants_that_there_are():
    tests = set(re.findall(r"^def (test_\w+)", _hidden_source(), re.MULTILINE))
    known = hints()
    for submission, note in EXPECTED.items():
        assert set(note.get("failing", {})) <= tests | {"every"}, submission
        assert set(note.get("hint", {})) <= set(note.get("failing", {})), submission
        assert set(note.get("hint", {}).values()) <= set(known), submission


def _hidden_source() -> str:
    folder = ROOT / "reference" / "backprop" / "hidden"
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("test_*.py")))


@pytest.mark.slow
@each_submission
def test_a_submission_gets_the_score_and_the_outcomes_of_its_note(submission, class_results):
    result = class_results[submission]
    tests = hidden_tests_of(result)
    outcomes = {test.id: str(test.outcome) for test in tests if test.outcome is not Outcome.PASSED}
    assert outcomes == failing_tests(submission, result)
    assert sum(test.points for test in tests) == Fraction(EXPECTED[submission]["score"])
    assert not result.needs_regrade


@pytest.mark.slow
@each_submission
def test_a_submission_keeps_or_exceeds_the_budgets_of_its_note(submission, class_results, class_is_measured):
    result = class_results[submission]
    if not class_is_measured:
        assert result.max_score == 80
        return
    budgets = budgets_of(result)
    if budgets["mlp_memory"].outcome is Outcome.NOT_MEASURED:  # some machines cannot
        assert budgets.pop("mlp_memory").max_points == 0
    assert result.max_score == 80 + sum(test.max_points for test in budgets.values())
    expected = expected_of_budgets(submission)
    # A second of measuring on a busy machine may leave it open; then it is to the student's benefit.
    clear = {
        name: test
        for name, test in budgets.items()
        if test.budget is None or test.budget.verdict is not BudgetVerdict.UNDECIDED
    }
    assert {name: str(test.outcome) for name, test in clear.items()} == {
        name: expected[name] for name in clear
    }
    for test in budgets.values():
        assert (test.points == test.max_points) is (test.outcome is Outcome.PASSED)
        assert test.points == 0 or test.budget is not None


@pytest.mark.slow
@each_submission
def test_a_submission_that_cannot_run_says_why_and_no_other_does(submission, class_results, graded_class):
    reason = EXPECTED[submission].get("failure")
    told = class_results[submission].failure
    if reason is None:
        assert told == ""
    else:
        assert re.search(reason, told), told
        assert words(told) in page_text(graded_class / "students" / f"{submission}.html")


@pytest.mark.slow
@each_submission
def test_the_mistake_is_named_on_the_students_page(submission, class_results, graded_class):
    noted = EXPECTED[submission].get("hint", {})
    causes = {test.id: test.cause.mutant for test in class_results[submission].tests if test.cause}
    assert causes == noted
    page = page_text(graded_class / "students" / f"{submission}.html")
    assert {name for name, hint in hints().items() if words(hint) in page} == set(noted.values())


@pytest.mark.slow
@each_submission
def test_the_students_page_says_what_the_note_wants_said(submission, class_results, graded_class):
    page = page_text(graded_class / "students" / f"{submission}.html")
    wanted = EXPECTED[submission].get("says", [])
    assert [text for text in wanted if not re.search(text, page)] == []
    result = class_results[submission]
    assert f"{submission}: {decimal(result.score, 2)} of {decimal(result.max_score, 2)}" in page


@pytest.mark.slow
@each_submission
def test_a_student_sees_no_hidden_value(submission, class_results, graded_class):
    result = class_results[submission]
    told = [test.student_message for test in for_audience(result, Audience.STUDENT).tests]
    assert [text for text in told if LONG_NUMBER.search(text)] == []
    secrets = {result.provenance.seed, result.provenance.reference_sha256, *hints()}
    for test in result.tests:
        secrets |= set(re.findall(r"-?\d+\.\d{4,}(?:e[-+]?\d+)?", test.instructor_message))
    page = (graded_class / "students" / f"{submission}.html").read_text(encoding="utf-8")
    export = (graded_class / "json" / f"{submission}.json").read_text(encoding="utf-8")
    assert sorted(secret for secret in secrets if secret in page or secret in export) == []


@pytest.mark.slow
def test_the_hidden_values_that_students_do_not_see_are_there_for_the_instructor(class_results, graded_class):
    seen = 0
    for submission, result in class_results.items():
        page = (graded_class / "instructor" / f"{submission}.html").read_text(encoding="utf-8")
        assert result.provenance.seed in page
        values = [number for test in result.tests for number in LONG_NUMBER.findall(test.instructor_message)]
        assert [value for value in values if value not in page] == []
        seen += len(values)
    assert seen > 20


@pytest.mark.slow
def test_grading_the_class_misses_nobody_and_reports_no_fault_of_the_grader(class_results, grading_log):
    assert set(class_results) == set(SUBMISSIONS)
    assert "missing" not in grading_log
    assert "Traceback" not in grading_log


@pytest.mark.slow
def test_a_group_shares_one_result_and_each_of_it_has_a_line_in_the_gradebook(class_results, graded_class):
    assert [student.name for student in class_results["kim-torres"].students] == ["Hana Kim", "Luis Torres"]
    with (graded_class / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["submission"] == "kim-torres"]
    score = decimal(class_results["kim-torres"].max_score, 2)
    assert [(line["student_id"], line["score"]) for line in lines] == [("s1021", score), ("s1022", score)]


@pytest.mark.slow
def test_what_a_student_printed_is_cut_and_shown_as_text(class_results, graded_class):
    endless = class_results["yusuf-demir"].stdout
    assert endless.truncated
    assert len(endless.text.encode()) <= 64 * 1024
    page = (graded_class / "students" / "carlos-mendes.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;" in page
    assert "relu_backward: <b>" not in page
    assert "\x1b" not in page
