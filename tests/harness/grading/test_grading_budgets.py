"""Budgets in a grading: what each kind of submission gets for time and memory."""

from __future__ import annotations

import pytest

from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import BudgetVerdict, Outcome

SEED = "5eed" * 16


@pytest.fixture(scope="module")
def swift(support):
    return support("swift_kit")


@pytest.fixture(scope="module")
def submissions(swift):
    """Texts by name; each but the last two is right in the tests."""
    solution = swift.SOLUTION
    return {
        "right": solution,
        "slow": swift.SLOW,
        "hungry": swift.HUNGRY,
        "too_slow": solution.replace("range(60)", "list(range(60)) + 60000 * [1] * (len(x) > 100)"),
        "lazy_later": solution.replace("range(60)", "range(60 if len(x) < 100 else 2)"),
        "dies_later": "import os\n"
        + solution.replace("    for _", "    if len(x) > 100: os._exit(3)\n    for _"),
        "raises_later": solution.replace(
            "    for _", "    if len(x) > 100: raise IndexError('long')\n    for _"
        ),
        "half": HALF,
        "broken": "def smooth(x:\n",
    }


def graded(content, submissions, folder, **changes):
    folder.mkdir()
    results = {}

    def body(session):
        for name, text in submissions.items():
            path = folder / f"{name}.py"
            path.write_text(text, encoding="utf-8")
            results[name] = session.grader.grade(Job(submission_id=name, path=str(path)))

    setup = {"content_root": str(content), "assignment": "swift", "seed": SEED, **changes}
    with_session(GradingSetup(**setup), load_plugins(), body)
    return results


@pytest.fixture(scope="module")
def results(swift, submissions, tmp_path_factory):
    content = swift.make_content(tmp_path_factory.mktemp("content"))
    return graded(content, submissions, tmp_path_factory.mktemp("work") / "submissions")


HALF = """\
import numpy as np
from torchgrade import hookimpl

@hookimpl
def smooth(x):
    raise NotImplementedError

@hookimpl
def scale(x):
    return x / np.sqrt(np.mean(x * x))
"""


def budgets(result):
    return {test.id: test for test in result.tests if test.is_budget}


def test_a_right_and_quick_submission_gets_all_points(results):
    result = results["right"]

    assert (result.score, result.max_score, result.passed) == (100, 100, True)
    for test in budgets(result).values():
        assert test.budget.verdict in {BudgetVerdict.INSIDE, BudgetVerdict.UNDECIDED}
        assert test.budget.low <= test.budget.ratio <= test.budget.high
        assert 0.5 < test.budget.ratio < 2


def test_budgets_come_after_the_tests_and_are_numbered_on(results):
    assert [(test.number, test.id) for test in results["right"].tests] == [
        (1, "test_smooth"),
        (2, "test_scale"),
        (3, "budget_smooth_time"),
        (4, "budget_scale_memory"),
    ]


@pytest.mark.parametrize("name, exceeded", [("slow", "smooth_time"), ("hungry", "scale_memory")])
def test_what_exceeds_a_budget_loses_points_of_it_and_no_others(results, name, exceeded):
    result = results[name]
    test = budgets(result)[f"budget_{exceeded}"]

    assert test.outcome is Outcome.OVER_BUDGET
    assert test.budget.verdict is BudgetVerdict.OUTSIDE
    assert test.budget.low > test.budget.full_marks
    assert 0 <= test.points < test.max_points
    assert result.score == 100 - test.max_points + test.points
    assert not result.passed
    assert "times" in test.student_message
    assert "all points up to" in test.student_message


def test_points_fall_by_how_much_a_budget_is_exceeded(results):
    points = budgets(results["slow"])["budget_smooth_time"].points

    # About 4 times, where 2 give all of the 12 and 8 give none.
    assert 3 < points < 9
    assert (10 * points).denominator == 1
    assert "Once is enough." in budgets(results["slow"])["budget_smooth_time"].student_message


def test_a_call_that_takes_too_long_is_stopped_and_gets_nothing(results):
    test = budgets(results["too_slow"])["budget_smooth_time"]

    assert (test.outcome, test.points) == (Outcome.OVER_BUDGET, 0)
    assert "was stopped after" in test.student_message


@pytest.mark.parametrize(
    "name, outcome, told",
    [
        ("lazy_later", Outcome.FAILED, "the result has wrong values"),
        ("dies_later", Outcome.ERROR, "exit status 3"),
        ("raises_later", Outcome.ERROR, "IndexError: long"),
    ],
)
def test_a_wrong_answer_to_a_measured_call_is_worth_nothing(results, name, outcome, told):
    test = budgets(results[name])["budget_smooth_time"]

    assert (test.outcome, test.points) == (outcome, 0)
    assert told in test.student_message
    assert "count for right answers only" in test.student_message
    assert results[name].score == 88


def test_what_is_not_written_is_not_measured(results):
    found = budgets(results["half"])

    assert found["budget_smooth_time"].outcome is Outcome.NOT_IMPLEMENTED
    assert found["budget_scale_memory"].outcome is Outcome.PASSED


def test_what_cannot_be_imported_has_no_points_of_budgets_either(results):
    result = results["broken"]

    assert (result.score, result.max_score) == (0, 100)
    assert {test.outcome for test in result.tests} == {Outcome.ERROR}


def test_without_budgets_their_points_are_out_of_the_total(swift, submissions, tmp_path):
    content = swift.make_content(tmp_path / "content")
    chosen = {name: submissions[name] for name in ("slow", "broken")}
    slow, broken = graded(content, chosen, tmp_path / "submissions", budgets=False).values()

    assert (slow.score, slow.max_score, slow.passed) == (80, 80, True)
    assert (broken.score, broken.max_score) == (0, 80)
    assert {test.outcome for test in budgets(slow).values()} == {Outcome.NOT_MEASURED}


def test_what_this_machine_cannot_measure_is_out_of_the_total(swift, submissions, tmp_path):
    text = swift.BUDGETS.replace("points=12,", "points=12, device='cuda',")
    content = swift.make_content(tmp_path / "content", {"assignments/swift/budgets.py": text})
    (result,) = graded(content, {"right": submissions["right"]}, tmp_path / "submissions").values()
    test = budgets(result)["budget_smooth_time"]

    assert (test.outcome, test.points, test.max_points) == (Outcome.NOT_MEASURED, 0, 0)
    assert "GPU" in test.student_message
    assert (result.score, result.max_score, result.passed) == (88, 88, True)


def test_an_author_whose_inputs_do_not_fit_hears_of_it_and_no_student_pays(swift, submissions, tmp_path):
    text = swift.BUDGETS.replace('{"x": draw.normal(20_000)}', '{"y": draw.normal(20_000)}')
    content = swift.make_content(tmp_path / "content", {"assignments/swift/budgets.py": text})
    (result,) = graded(content, {"right": submissions["right"]}, tmp_path / "submissions").values()
    test = budgets(result)["budget_smooth_time"]

    assert test.outcome is Outcome.INTERNAL_ERROR
    assert result.needs_regrade
    assert "has (y), not smooth(x)" in test.instructor_message


def test_at_home_a_yardstick_stands_in(swift, submissions, tmp_path):
    content = swift.make_content(tmp_path / "content")
    wrong = swift.SOLUTION.replace("/ 3", "/ 2")
    chosen = {"right": submissions["right"], "slow": submissions["slow"], "wrong": wrong}
    found = graded(content, chosen, tmp_path / "submissions", tests="public")
    ratios = {}
    for name in ("right", "slow"):
        test = budgets(found[name])["budget_smooth_time"]
        assert test.budget.with_yardstick
        assert "about" in test.student_message
        ratios[name] = test.budget.ratio

    # The yardstick does half of the work, and says so.
    assert 0.6 < ratios["right"] < 1.6
    assert 2.4 < ratios["slow"] < 6.5
    test = budgets(found["wrong"])["budget_smooth_time"]
    assert (test.outcome, test.budget) == (Outcome.NOT_RUN, None)
    assert "must pass its tests" in test.student_message


OBJECT_BUDGETS = """\
from torchgrade.budget import Budget, Case

def sums(draw):
    case = Case("sums", start=draw.normal(100_000))
    for _ in range(3):
        case.then("add", draw.normal(100_000))
    return case.then("total")

BUDGETS = (
    Budget(name="sums", title="three sums", call="accumulator", inputs=sums,
           full_marks=4.0, zero_marks=16.0, points=5),
)
"""


def test_what_is_done_with_an_object_can_be_measured(support, tmp_path):
    content = support("content_kit").make_content(tmp_path / "content", support("object_kit").CHANGES)
    (content / "assignments/tiny/budgets.py").write_text(OBJECT_BUDGETS)
    solution = support("object_kit").SOLUTION
    slow = solution.replace("self.sum += x", "self.sum += x; [np.sort(x) for _ in range(6)]")
    wrong = solution.replace("self.sum += x", "self.sum += x * (len(x) < 9)")
    texts = {"right": solution, "slow": slow, "wrong": wrong}
    found = graded(content, texts, tmp_path / "submissions", assignment="tiny")
    outcomes = {name: budgets(result)["budget_sums"].outcome for name, result in found.items()}

    assert outcomes == {"right": Outcome.PASSED, "slow": Outcome.OVER_BUDGET, "wrong": Outcome.FAILED}
    assert "`total(), call 1` has wrong values" in budgets(found["wrong"])["budget_sums"].student_message
