"""``torchgrade check`` estimates time and memory with the yardstick, and fails nobody for it."""

from __future__ import annotations

import pytest

from torchgrade.cli import main
from torchgrade.results import Outcome, decode_result


@pytest.fixture(scope="module")
def swift(support):
    return support("swift_kit")


@pytest.fixture
def check(swift, tmp_path, capfdbinary):
    """Check a text; returns status, stdout and stderr."""

    def run(text, *options, changes=None):
        root = swift.make_content(tmp_path / "content", changes)
        path = tmp_path / "submission.py"
        path.write_text(text, encoding="utf-8")
        status = main(["check", str(path), "--content", str(root), *options])
        captured = capfdbinary.readouterr()
        return status, captured.out.decode(), captured.err.decode()

    return run


def test_a_quick_submission_is_told_how_it_compares(swift, check):
    status, out, _ = check(swift.SOLUTION)
    lines = out.splitlines()
    head = lines.index("time and memory, estimated with a yardstick:")

    assert status == 0
    assert lines[head + 1].split() == ["ok", "time", "of", "smoothing", "20,000", "entries"]
    assert "your `smooth` takes about" in lines[head + 2]
    assert "times as long as the reference" in lines[head + 2]
    assert "your `scale` takes about" in lines[head + 4]
    assert lines[-1] == "2 of 2 public tests passed"


def test_what_is_over_budget_is_said_and_is_no_failed_test(swift, check):
    status, out, err = check(swift.SLOW)

    assert (status, err) == (0, "points come from hidden tests, which check all that contract.py says\n")
    assert "  over  time of smoothing 20,000 entries" in out
    assert "Once is enough." in out
    assert out.splitlines()[-1] == "2 of 2 public tests passed"


def test_a_function_that_fails_its_tests_is_not_measured(swift, check):
    status, out, _ = check(swift.SOLUTION.replace("/ 3", "/ 2"))

    assert status == 1
    assert "not measured: first your `smooth` must pass its tests" in out
    assert "your `scale` takes about" in out


@pytest.mark.parametrize(
    "options, changes",
    [
        (["--no-budgets"], None),
        ([], {"assignments/swift/yardstick.py": None}),
    ],
    ids=["not wanted", "no yardstick"],
)
def test_without_anything_to_compare_with_there_are_tests_alone(swift, check, options, changes):
    status, out, _ = check(swift.SLOW, *options, changes=changes)

    assert status == 0
    assert "yardstick" not in out
    assert out.splitlines()[-1] == "2 of 2 public tests passed"


def test_the_record_says_that_it_is_an_estimate(swift, check):
    _, out, _ = check(swift.SOLUTION, "--json")
    budgets = [test for test in decode_result(out.encode()).tests if test.is_budget]

    assert {test.outcome for test in budgets} == {Outcome.PASSED}
    assert all(test.budget.with_yardstick for test in budgets)
