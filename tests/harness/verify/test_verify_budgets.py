"""``torchgrade verify`` on budgets: who is inside, who outside, and how the yardstick compares."""

from __future__ import annotations

import json

import pytest

from torchgrade.budget.calibration import read_calibrations
from torchgrade.cli import main


@pytest.fixture
def swift(support):
    return support("swift_kit")


@pytest.fixture
def verify(capsys):
    """Run the command on the assignment; returns its status, what it found, and stderr."""

    def run(root, *arguments):
        status = main(["verify", "--content", str(root), "--json", *arguments])
        captured = capsys.readouterr()
        return status, json.loads(captured.out)["swift"], captured.err

    return run


def test_budgets_that_are_where_they_should_be(swift, verify, tmp_path):
    status, told, err = verify(swift.make_content(tmp_path))

    assert (status, told["problems"], err) == (0, [], "")
    assert (told["max_points"], told["test_points"], told["reference"]) == (100, 80, 100)
    assert set(told["alternatives"].values()) == {80}
    time, memory = told["budgets"]["smooth_time"], told["budgets"]["scale_memory"]
    assert {name for name, each in time["ratios"].items() if not each["within"]} == {"slow"}
    assert {name for name, each in memory["ratios"].items() if not each["within"]} == {"hungry"}
    for budget in (time, memory):
        assert 0.8 < budget["ratios"]["solution"]["ratio"] < 1.25
        assert all(each["margin"] >= 1.25 for each in budget["ratios"].values())
    assert 3 < time["ratios"]["slow"]["ratio"] < 5
    assert 0.4 < time["yardstick_ratio"] < 0.65


def test_what_is_amiss_is_said(swift, verify, tmp_path):
    alternatives = "reference/swift/alternatives"
    root = swift.make_content(
        tmp_path,
        {
            f"{alternatives}/slow.py": swift.SLOW,
            f"{alternatives}/likewise.py": 'OVER_BUDGET = ("smoth_time",)\n' + swift.SOLUTION,
            "assignments/swift/yardstick.toml": swift.CALIBRATIONS.replace("0.5", "3.5"),
        },
    )
    status, told, _ = verify(root)

    assert status == 3
    assert [
        problem for problem in told["problems"] if not problem.startswith("budget smooth_time: alternative")
    ] == [
        "alternative likewise names the unknown budget smoth_time in OVER_BUDGET",
        "budget smooth_time: no alternative exceeds it; let one that does say OVER_BUDGET = ('smooth_time',)",
        next(each for each in told["problems"] if "the yardstick is recorded as 3.5 times" in each),
    ]
    assert any("alternative slow at " in problem for problem in told["problems"])


def test_a_missing_yardstick_is_missed(swift, verify, tmp_path):
    files = {"assignments/swift/yardstick.py": None, "assignments/swift/yardstick.toml": None}
    _, told, _ = verify(swift.make_content(tmp_path, files))

    assert told["problems"] == ["there is no yardstick.py: without it nobody at home can estimate"]


def test_calibrating_records_what_is_measured(swift, verify, tmp_path):
    root = swift.make_content(tmp_path, {"assignments/swift/yardstick.toml": None})
    status, told, _ = verify(root, "--calibrate")
    recorded = read_calibrations(root / "assignments/swift/yardstick.toml")

    assert status == 0
    assert set(recorded) == {"smooth_time", "scale_memory"}
    for name, calibration in recorded.items():
        assert calibration.ratio == pytest.approx(told["budgets"][name]["yardstick_ratio"], abs=0.001)


def test_without_budgets_nothing_is_measured(swift, verify, tmp_path):
    status, told, _ = verify(swift.make_content(tmp_path), "--no-budgets")

    assert (status, told["problems"]) == (0, [])
    assert (told["max_points"], told["test_points"], told["reference"]) == (100, 80, 80)
    assert {budget["measured"] for budget in told["budgets"].values()} == {False}


def test_an_alternative_that_answers_wrongly_is_named(swift, verify, tmp_path):
    wrong = swift.SOLUTION.replace("range(60)", "range(59 + (len(x) < 100))")
    status, told, _ = verify(
        swift.make_content(tmp_path, {"reference/swift/alternatives/likewise.py": wrong})
    )

    assert status == 3
    assert (
        "likewise.py does not answer budget 'smooth_time': smooth: the result has wrong values"
        in told["problems"][0]
    )
