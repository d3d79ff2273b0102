"""Tries: a call that took too long is measured once more before it costs points."""

from __future__ import annotations

import pytest

from torchgrade.budget import suite as module
from torchgrade.budget.comparison import Effort, TooSlow
from torchgrade.budget.lane import QuietLane
from torchgrade.budget.race import race as run_race
from torchgrade.budget.suite import TRIES, BudgetSuite, Compared, Modules
from torchgrade.results import Outcome


def modules(source):
    return Modules(files={"submission.py": source.encode()}, entries=["submission.py"])


@pytest.fixture
def judge(track, kit):
    """Judge the source of a submission by a budget of time."""
    budget = track.comparison(kit.REFERENCE).budget
    suite = BudgetSuite(
        [budget],
        assignment=track.assignment,
        zygote=track.zygote,
        compared=Compared(modules=modules(kit.REFERENCE)),
        lane=QuietLane(""),
        first_number=1,
        effort=Effort(seconds=0.5, width=0.1, call_seconds=1.0),
    )
    return lambda source: suite.judge(budget, modules(source))


@pytest.fixture
def tries(monkeypatch):
    """Count the races."""
    counted = []

    def race(comparison):
        counted.append(comparison)
        return run_race(comparison)

    monkeypatch.setattr(module, "race", race)
    return counted


def test_what_is_too_slow_twice_has_no_points(judge, kit, tries):
    verdict = judge(kit.implementation("time.sleep(60)"))
    assert verdict.outcome is Outcome.OVER_BUDGET
    assert verdict.points == 0
    assert "your `turn` was stopped after 1 s" in verdict.message
    assert len(tries) == TRIES


def test_a_machine_that_hung_once_costs_nothing(judge, kit, monkeypatch):
    hung = []

    def race(comparison):
        if not hung:
            hung.append(comparison)
            raise TooSlow(1.0, 0.01)
        return run_race(comparison)

    monkeypatch.setattr(module, "race", race)
    verdict = judge(kit.REFERENCE)
    assert hung
    assert verdict.outcome is Outcome.PASSED
    assert verdict.points == 10


@pytest.mark.parametrize("body", ["return x", "raise ValueError('no')", "import os\nos._exit(1)"])
def test_a_wrong_answer_gets_no_second_try(judge, kit, tries, body):
    verdict = judge(kit.implementation(body))
    assert verdict.outcome in {Outcome.FAILED, Outcome.ERROR}
    assert verdict.points == 0
    assert len(tries) == 1


def test_what_cannot_be_imported_is_told_as_everywhere(judge):
    verdict = judge("import nowhere_to_be_found\n")
    assert verdict.outcome is Outcome.ERROR
    assert "nowhere_to_be_found" in verdict.message


def test_a_fault_of_our_own_is_no_students(judge, kit, monkeypatch):
    def race(_):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(module, "race", race)
    verdict = judge(kit.REFERENCE)
    assert verdict.outcome is Outcome.INTERNAL_ERROR
    assert "it is not your fault" in verdict.message
    assert "ours" in verdict.instructor_message
    assert "ours" not in verdict.message
