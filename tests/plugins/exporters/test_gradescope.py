"""Gradescope's results.json."""

from __future__ import annotations

import json

import msgspec
import pytest

from torchgrade.results import Audience, Outcome
from torchgrade_plugins.exporters.gradescope import Gradescope
from torchgrade_reports.text import clean

TOP = {
    "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format",
    "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard",
}  # fmt: skip
OF_A_TEST = {
    "score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags",
    "visibility", "extra_data",
}  # fmt: skip


@pytest.fixture
def export():
    def export(result, audience=Audience.STUDENT):
        return json.loads(Gradescope().export(result, audience))

    return export


@pytest.mark.parametrize("kind", ["every_outcome", "hostile", "unreadable"])
def test_only_fields_and_values_of_the_specification_are_used(export, factory, kind):
    document = export(getattr(factory, kind)())
    assert set(document) <= TOP
    assert isinstance(document["score"], (int, float))
    assert document["visibility"] == "visible"
    for test in document["tests"]:
        assert set(test) <= OF_A_TEST
        assert test.get("status", "passed") in {"passed", "failed"}
        assert test["output_format"] == "text"
        assert isinstance(test["number"], str)


def test_points_add_up_and_do_not_depend_on_the_rounding_of_tests(export, factory):
    third = factory.make_test(1).max_points * 5 / 6
    tests = tuple(factory.make_test(number, max_points=third) for number in range(1, 13))
    document = export(factory.make_result(tests=tests))
    assert document["score"] == document["extra_data"]["max_score"] == 100
    assert {(test["score"], test["max_score"]) for test in document["tests"]} == {(8.3333, 8.3333)}


def test_a_hidden_test_would_hide_the_total_so_all_are_visible(export, factory):
    for audience in Audience:
        document = export(factory.every_outcome(), audience)
        assert {test["visibility"] for test in document["tests"]} == {"visible"}


def test_the_instructor_s_file_is_the_student_s_since_student_code_can_read_it(factory):
    result = factory.every_outcome()
    student, instructor = (Gradescope().export(result, audience) for audience in Audience)
    assert student == instructor
    assert factory.SECRET not in instructor


def test_each_outcome_is_said_in_the_format_s_words(export, factory):
    tests = {test["extra_data"]["outcome"]: test for test in export(factory.every_outcome())["tests"]}
    assert set(tests) == set(map(str, Outcome))
    unjudged = {Outcome.NOT_RUN, Outcome.NOT_MEASURED}
    for outcome in set(Outcome) - unjudged - {Outcome.PASSED, Outcome.OVER_BUDGET}:
        assert (tests[outcome]["status"], tests[outcome]["score"]) == ("failed", 0)
    assert (tests["passed"]["status"], tests["passed"]["score"]) == ("passed", 10)
    over = tests["over budget"]
    assert (over["status"], over["score"], over["max_score"]) == ("failed", 4, 8)
    for outcome in unjudged:
        assert not {"status", "score", "max_score"} & set(tests[outcome])
    assert "out of the total" in tests["not measured"]["output"]
    assert "was not run" in tests["not run"]["output"]
    assert "not your fault" in tests["internal error"]["output"]
    assert tests["failed"]["output"].startswith("Likely mistake: ")


def test_figures_of_a_budget_are_kept_for_machines(export, factory):
    tests = (factory.make_test(1), factory.make_budget(2, budget=factory.make_figures(2.0)))
    test, budget = export(factory.make_result(tests=tests))["tests"]
    assert "budget" not in test["extra_data"]
    figures = budget["extra_data"]["budget"]
    assert (figures["measures"], figures["ratio"], figures["verdict"]) == ("time", 2.0, "inside")


def test_the_top_says_what_concerns_the_whole_submission(export, factory):
    document = export(factory.every_outcome())
    assert document["output"].startswith("The grader itself failed here. This is not your fault")
    assert "Your code printed:\nepoch 1\n(the output was longer" in document["output"]
    assert document["extra_data"]["needs_regrade"] is True
    assert document["execution_time"] == 0.262
    assert export(factory.make_result())["output"] == ""


def test_a_submission_that_could_not_be_run_has_no_points_and_a_reason(export, factory):
    document = export(factory.unreadable())
    assert document["score"] == 0
    assert "the zip is cut short" in document["output"]
    assert [test["name"] for test in document["tests"]] == [
        "layer 1: gradients agree",
        "layer 2: gradients agree",
    ]


def test_hostile_text_is_plain_text(export, factory):
    result = msgspec.structs.replace(factory.hostile(), failure="")
    document = export(result)
    assert document["tests"][0]["name"] == clean(f"title {factory.HOSTILE}")
    assert clean(factory.HOSTILE) in document["tests"][1]["output"]


def test_unknown_phases_leave_the_time_out(export, factory):
    result = factory.make_result(provenance=factory.make_provenance(phase_seconds={}))
    assert "execution_time" not in export(result)
