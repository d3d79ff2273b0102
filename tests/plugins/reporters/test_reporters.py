"""The gradebook and the pages, as a batch writes them."""

from __future__ import annotations

import csv
from fractions import Fraction

import pytest

from torchgrade.plugin import Registry
from torchgrade.results import Outcome
from torchgrade.submission import Student
from torchgrade_plugins.reporters import torchgrade_reporters
from torchgrade_plugins.reporters.gradebook import Gradebook, cell
from torchgrade_reports.text import clean


@pytest.fixture
def rows_of(tmp_path):
    def rows_of(*results):
        (path,) = Gradebook().write(results, tmp_path / "out")
        assert path == tmp_path / "out" / "gradebook.csv"
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))

    return rows_of


def test_the_built_in_reporters_write_the_pages_and_the_gradebook(factory, tmp_path):
    registry = Registry("reporter")
    torchgrade_reporters(registry)
    written = {name: reporter.write([factory.make_result()], tmp_path) for name, reporter in registry}
    assert written == {
        "pages": [tmp_path / name for name in ("index.html", "students/ada.html", "instructor/ada.html")],
        "gradebook": [tmp_path / "gradebook.csv"],
    }
    assert all(path.is_file() for paths in written.values() for path in paths)


def test_a_row_holds_the_student_the_score_and_the_points_of_each_test(rows_of, factory):
    third = Fraction(25, 3)
    tests = (factory.make_test(1, max_points=third), factory.make_test(2, Outcome.ERROR, max_points=third))
    assert rows_of(factory.make_result(tests=tests)) == [
        {
            "submission": "ada",
            "student_id": "ada-id",
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            "score": "8.3333",
            "max_score": "16.6667",
            "percent": "50",
            "state": "some failed",
            "needs_regrade": "no",
            "test_01": "8.3333",
            "test_02": "0",
        }
    ]


def test_each_student_of_a_group_has_a_row(rows_of, factory):
    group = (Student(id="1", name="Ada"), Student(id="2", name="Alan"))
    rows = rows_of(factory.make_result("team", students=group), factory.make_result("alone", students=()))
    assert [(row["submission"], row["student_id"], row["score"]) for row in rows] == [
        ("alone", "", "10"),
        ("team", "1", "10"),
        ("team", "2", "10"),
    ]


def test_a_fault_of_the_grader_is_an_empty_cell_and_not_a_zero(rows_of, factory):
    (row,) = rows_of(factory.every_outcome())
    assert (row["needs_regrade"], row["state"]) == ("yes", "to be regraded")
    assert row["test_07"] == ""
    assert [row[f"test_{number:02}"] for number in (1, 2, 8)] == ["10", "0", "0"]


def test_a_budget_has_its_points_or_an_empty_cell_where_it_was_not_measured(rows_of, factory):
    (row,) = rows_of(factory.every_outcome())
    assert (row["budget_09"], row["budget_10"]) == ("4", "")
    assert (row["score"], row["max_score"]) == ("14", "88")


def test_columns_follow_the_assignment_also_where_results_differ(rows_of, factory):
    late = factory.make_result("late", tests=(factory.make_test(3), factory.make_test(1)))
    rows = rows_of(factory.make_result("early"), late)
    assert list(rows[0])[-3:] == ["test_01", "test_02", "test_03"]
    assert [row["test_03"] for row in rows] == ["", "10"]


def test_a_batch_without_submissions_has_a_header_only(rows_of, tmp_path):
    assert rows_of() == []
    assert (
        (tmp_path / "out" / "gradebook.csv").read_text(encoding="utf-8").startswith("submission,student_id")
    )


def test_a_submission_that_could_not_be_run_has_no_points(rows_of, factory):
    (row,) = rows_of(factory.unreadable())
    assert (row["score"], row["percent"], row["state"]) == ("0", "0", "could not be run")


def test_an_assignment_without_points_has_no_division_by_zero(rows_of, factory):
    (row,) = rows_of(factory.make_result(tests=()))
    assert (row["score"], row["max_score"], row["percent"]) == ("0", "0", "0")


def test_no_cell_of_a_student_begins_a_formula(rows_of, factory):
    for text in factory.FORMULAS:
        student = Student(id=text, name=text, email=text)
        (row,) = rows_of(factory.make_result(text, students=(student,)))
        for column in ("submission", "student_id", "name", "email"):
            assert row[column] in {f"'{clean(text)}", clean(text)}
            assert row[column][0] not in "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}"


@pytest.mark.parametrize("text", ["Ada", "a=b", "3-4", "", "'quoted'", " spaced"])
def test_a_harmless_cell_stays_as_it_is(text):
    assert cell(text) == text


def test_hostile_text_stays_in_its_cell(rows_of, factory):
    (row,) = rows_of(factory.hostile())
    assert row["name"] == row["submission"] == clean(factory.HOSTILE)
    assert row["state"] == "to be regraded"
