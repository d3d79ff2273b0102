"""Functions that make objects: what is done with them in the worker, and what a student hears of it."""

from __future__ import annotations

import json

import pytest

from torchgrade.cli import main
from torchgrade.plugin import load_plugins
from torchgrade.results import Outcome


@pytest.fixture(scope="module")
def objects(support):
    return support("object_kit")


@pytest.fixture(scope="module")
def content(support, objects, tmp_path_factory):
    return support("content_kit").make_content(tmp_path_factory.mktemp("content"), objects.CHANGES)


@pytest.fixture(scope="module")
def results(support, objects, content, tmp_path_factory):
    solution = objects.SOLUTION
    submissions = {
        "right": solution,
        "keeps_start": solution.replace("np.array(start)", "start"),
        "changes_argument": solution.replace("self.sum += x", "self.sum += x; x *= 0"),
        "forgets": solution.replace('self.sum = np.array(state["sum"])', "pass"),
        "saves_a_view": solution.replace('{"sum": self.sum}', '{"sum": self.sum[:]}'),
        "none": solution.replace("return Accumulator(start)", "Accumulator(start)"),
        "no_method": solution.replace("def total", "def result"),
        "raises": solution.replace("        self.sum += x", "        raise IndexError('full')"),
        "dies": "import os\n" + solution.replace("        self.sum += x", "        os._exit(4)"),
        "learns_nothing": solution.replace("self.slope * x", "0 * x"),
        "predicts_too_few": solution.replace("self.slope * x", "self.slope * x[1:]"),
        "guesses_slowly": solution.replace("(self.low + self.high) // 2", "self.low"),
        "guesses_halves": solution.replace("// 2", "/ 2"),
        "stops_guessing": solution.replace(
            "        if higher:", "        raise IndexError('no more')\n        if higher:"
        ),
        "starter": objects.STARTER,
    }
    return support("content_kit").grade(content, load_plugins(), tmp_path_factory.mktemp("work"), submissions)


def outcomes(result):
    return {test.id: test.outcome.value for test in result.tests}


def told(result, test):
    return next(each.student_message for each in result.tests if each.id == test)


def test_content_with_objects_holds(content, capsys):
    assert main(["verify", "tiny", "--content", str(content), "--json"]) == 0
    proof = json.loads(capsys.readouterr().out)["tiny"]

    assert proof["reference"] == 100
    assert proof["mutants"]["survived"] == []
    assert set(proof["controls"].values()) == {0}


@pytest.mark.parametrize("name", ["right", "saves_a_view"])
def test_right_objects_get_all_points(results, name):
    assert results[name].score == 100


def test_each_object_is_made_from_its_own_arguments(results):
    # It keeps the array that it was given and adds to it: that changes the caller's, and no other object.
    assert outcomes(results["keeps_start"])["test_sums"] == "failed"
    assert "changes its argument `start`" in told(results["keeps_start"], "test_sums")


def test_an_argument_of_a_method_that_is_changed_is_named(results):
    message = told(results["changes_argument"], "test_sums")

    assert "changes its argument `argument 1 of add(), call 1`" in message


def test_a_state_that_is_not_restored_is_noticed(results):
    found = outcomes(results["forgets"])

    assert (found["test_sums"], found["test_restored"]) == ("passed", "failed")
    message = told(results["forgets"], "test_restored")
    assert "`total() of object 2, call 1` has wrong values" in message
    assert "then: add(array of shape (3,), float64), state(), add(" in message
    assert "load(an earlier result) of object 2, total() of object 2" in message


@pytest.mark.parametrize(
    "name, outcome, words",
    [
        ("none", "error", "accumulator returned None; it must return an object with add, total, state, load"),
        ("no_method", "error", "has no attribute 'total'"),
        ("raises", "error", "IndexError: full"),
        ("dies", "error", "exit status 4"),
    ],
)
def test_what_an_object_cannot_do_is_said(results, name, outcome, words):
    assert outcomes(results[name])["test_sums"] == outcome
    assert words in told(results[name], "test_sums")


@pytest.mark.parametrize("name", ["none", "no_method", "raises", "dies"])
def test_an_object_asked_step_by_step_fails_its_test_only(results, name):
    found = outcomes(results[name])

    assert found["test_in_turn"] in {"failed", "error"}
    assert found["test_learns"] == "passed"
    assert not results[name].needs_regrade


def test_who_learns_too_little_hears_by_how_much(results):
    message = told(results["learns_nothing"], "test_learns")

    assert outcomes(results["learns_nothing"])["test_learns"] == "failed"
    assert "your `line` learns too little: the largest error is " in message
    assert "in 2 trainings with different seeds; needed: at most 1e-06 in two of three" in message


def test_who_learns_enough_hears_by_how_much_too(results):
    message = told(results["right"], "test_learns")

    assert message.startswith("the largest error is ")
    assert message.endswith("in 2 trainings with different seeds; needed: at most 1e-06 in two of three")


def test_answers_of_the_wrong_form_are_refused_in_the_authors_words(results):
    assert "predict must return 5 numbers" in told(results["predicts_too_few"], "test_learns")


def test_who_practises_with_the_grader_is_judged_by_what_happened_there(results):
    assert outcomes(results["right"])["test_guesses"] == "passed"
    assert outcomes(results["guesses_slowly"])["test_guesses"] == "failed"
    assert "the number of guesses is 50, 50 in 2 trainings" in told(results["guesses_slowly"], "test_guesses")


@pytest.mark.parametrize(
    "name, outcome, words",
    [
        ("guesses_halves", "failed", "guess() must return an int"),
        ("stops_guessing", "error", "IndexError: no more"),
    ],
)
def test_a_practice_that_fails_says_why(results, name, outcome, words):
    assert outcomes(results[name])["test_guesses"] == outcome
    assert words in told(results[name], "test_guesses")
    assert outcomes(results[name])["test_sums"] == "passed"


@pytest.mark.parametrize("name, guesses", [("right", range(1, 12)), ("guesses_slowly", [50])])
def test_the_pictures_are_those_of_the_training_with_the_median(results, name, guesses):
    (shown,) = next(test for test in results[name].tests if test.id == "test_guesses").exhibits

    assert shown.title == "guesses"
    assert shown.series[0].ys[0] in {500.0, 0.0}
    assert len(shown.series[0].xs) in guesses


def test_the_starter_is_not_implemented_everywhere(results):
    assert {test.outcome for test in results["starter"].tests} == {Outcome.NOT_IMPLEMENTED}


def test_a_public_test_asks_objects_too(content, objects, tmp_path, capsys):
    path = tmp_path / "submission.py"
    path.write_text(objects.SOLUTION)

    assert main(["check", str(path), "--content", str(content)]) == 0
    path.write_text(objects.SOLUTION.replace("self.sum += x", "self.sum += 2 * x"))
    assert main(["check", str(path), "--content", str(content)]) == 1
    assert "`total()" in capsys.readouterr().out
