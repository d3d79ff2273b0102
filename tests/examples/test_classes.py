"""Every class of examples but backprop's, which has tests of its own: each submission gets what is noted.

A class is a folder ``examples/class/<assignment>`` with ``expected.toml``, ``roster.csv`` and submissions.
"""

from __future__ import annotations

import csv
import html
import importlib.util
import io
import re
import tarfile
import tomllib
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest

from torchgrade.batch.discovery import discover
from torchgrade.content import load_assignment, load_reference
from torchgrade.results import Outcome

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "class"
NOTES = {
    path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(EXAMPLES.glob("*/expected.toml"))
    if path.parent.name != "backprop"
}
PREFIX = "budget_"

# Whose submissions train for minutes.
LONG = {"contrastive", "dqn", "gan"}

each_class = pytest.mark.parametrize("assignment", NOTES)
each_graded_class = pytest.mark.parametrize(
    "assignment", [pytest.param(name, marks=pytest.mark.long if name in LONG else ()) for name in NOTES]
)
each_submission = pytest.mark.parametrize(
    "assignment, submission",
    [
        pytest.param(assignment, name, marks=pytest.mark.long if assignment in LONG else ())
        for assignment, notes in NOTES.items()
        for name in notes
    ],
)


def words(text):
    """Text as a reader compares it: backticks may have become markup, and lines may be broken."""
    return " ".join(text.replace("`", "").split())


def page_text(path):
    """What a page shows: no styles, no scripts, no tags (in its text every ``<`` is escaped)."""
    source = path.read_text(encoding="utf-8")
    return words(html.unescape(re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", "", source, flags=re.DOTALL)))


def reference_of(assignment):
    return load_reference(ROOT, load_assignment(ROOT, assignment))


def roster(assignment):
    with (EXAMPLES / assignment / "roster.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def split(result):
    """Return the tests and the budgets of a result, by name."""
    tests = {test.id: test for test in result.tests if not test.id.startswith(PREFIX)}
    budgets = {test.id.removeprefix(PREFIX): test for test in result.tests if test.id.startswith(PREFIX)}
    return tests, budgets


def failing(note, ids):
    """Return the outcomes that a note names, with ``every`` written out."""
    noted = dict(note.get("failing", {}))
    every = noted.pop("every", None)
    return dict.fromkeys(ids, every) | noted if every else noted


@each_class
def test_every_submission_is_on_the_roster_and_has_a_note_and_a_line_in_the_readme(assignment):
    found = {each.id for each in discover([EXAMPLES / assignment], skip=ROOT / "out").submissions}
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert len(found) >= 8
    assert found == set(NOTES[assignment])
    assert found == {line["submission"] for line in roster(assignment)}
    assert [name for name in found if f"`{name}" not in readme] == []


@each_class
def test_people_on_the_roster_are_told_apart_and_made_up(assignment):
    lines = roster(assignment)
    assert len({line["student_id"] for line in lines}) == len(lines)
    assert len({line["email"] for line in lines}) == len(lines)
    assert all(line["email"].endswith(".example") for line in lines)


@each_class
def test_notes_name_tests_and_mutants_that_there_are(assignment):
    folder = reference_of(assignment).hidden_tests
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("test_*.py")))
    tests = set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))
    known = {mutant.name for mutant in reference_of(assignment).mutants}
    for name, note in NOTES[assignment].items():
        assert {test.partition("[")[0] for test in note.get("failing", {})} <= tests | {"every"}, name
        assert set(note.get("hint", {})) <= set(note.get("failing", {})), name
        assert set(" + ".join(note.get("hint", {}).values()).split(" + ")) - {""} <= known, name


def test_built_submissions_are_what_their_sources_build(tmp_path):
    spec = importlib.util.spec_from_file_location("class_build", EXAMPLES / "build.py")
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    assert "backprop" in builder.BUILT
    for assignment in builder.BUILT:
        built = builder.build(tmp_path / assignment, assignment)
        differing = [
            path.name for path in built if contents(path) != contents(EXAMPLES / assignment / path.name)
        ]
        assert differing == [], f"run examples/class/build.py {assignment}"


def contents(path):
    """What a file holds: for an archive its entries, since compressed bytes depend on the zlib."""
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(info.filename, info.date_time, archive.read(info)) for info in archive.infolist()]
    if path.name.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            return [
                (member.name, member.mtime, file.read() if (file := archive.extractfile(member)) else b"")
                for member in archive
            ]
    return data


@pytest.mark.slow
@each_submission
def test_a_submission_gets_the_score_and_the_outcomes_of_its_note(assignment, submission, graded):
    note = NOTES[assignment][submission]
    tests, _ = split(graded(assignment).results[submission])
    lost = {name: str(test.outcome) for name, test in tests.items() if test.outcome is not Outcome.PASSED}
    assert lost == failing(note, tests)
    assert sum(test.points for test in tests.values()) == Fraction(note["score"])
    assert not graded(assignment).results[submission].needs_regrade


@pytest.mark.slow
@each_submission
def test_a_submission_keeps_or_exceeds_the_budgets_of_its_note(assignment, submission, graded, is_measured):
    if not is_measured(assignment):
        pytest.skip("not measured this time: TORCHGRADE_TEST_ALL_BUDGETS=1 measures all")
    note = NOTES[assignment][submission]
    _, budgets = split(graded(assignment).results[submission])
    every = note.get("failing", {}).get("every", "passed")
    found = {
        name: str(test.outcome) for name, test in budgets.items() if test.outcome is not Outcome.NOT_MEASURED
    }
    assert found == {name: note.get("budgets", {}).get(name, every) for name in found}


@pytest.mark.slow
@each_submission
def test_the_mistake_is_named_and_the_page_says_what_the_note_wants_said(
    assignment, submission, graded, is_measured
):
    note, found = NOTES[assignment][submission], graded(assignment)
    causes = {test.id: test.cause.mutant for test in found.results[submission].tests if test.cause}
    assert causes == note.get("hint", {})
    assert re.search(note.get("failure", "^$"), found.results[submission].failure)
    page = page_text(found.folder / "students" / f"{submission}.html")
    wanted = note.get("says", []) + (note.get("advice", []) if is_measured(assignment) else [])
    assert [text for text in wanted if not re.search(text, page)] == []
    hints = {mutant.name: words(mutant.hint) for mutant in reference_of(assignment).mutants}
    assert [
        name for name in " + ".join(causes.values()).split(" + ") if name and hints[name] not in page
    ] == []


@pytest.mark.slow
@each_graded_class
def test_grading_a_class_misses_nobody_and_reports_no_fault_of_the_grader(assignment, graded):
    assert set(graded(assignment).results) == set(NOTES[assignment])
    assert "missing" not in graded(assignment).log
    assert "Traceback" not in graded(assignment).log
