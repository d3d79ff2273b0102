"""What the tests of each assignment prove, by the real command.

The budgets of one assignment are measured; measuring them all takes minutes, and
TORCHGRADE_TEST_ALL_BUDGETS=1 does it. Where mutants train for minutes, TORCHGRADE_TEST_LONG=1 verifies.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from torchgrade.budget.declaration import load_budgets
from torchgrade.content import assignment_ids, load_assignment, load_reference

ROOT = Path(__file__).resolve().parents[2]
MEASURED = {"backprop"}
FEWEST_MUTANTS = 10

# What takes a minute and more each. Their mutants are graded one by one in tests/assignments, too.
LONG = {"adam", "attention", "contrastive", "convnet", "dqn", "gan", "lstm"}

pytestmark = pytest.mark.slow


def measured(assignment):
    return assignment in MEASURED or bool(os.environ.get("TORCHGRADE_TEST_ALL_BUDGETS"))


def marks(assignment):
    chosen = ((pytest.mark.long, assignment in LONG), (pytest.mark.alone, measured(assignment)))
    return [mark for mark, applies in chosen if applies]


each_assignment = pytest.mark.parametrize(
    "assignment", [pytest.param(name, marks=marks(name)) for name in assignment_ids(ROOT)]
)


@pytest.fixture(scope="session")
def verified(tmp_path_factory):
    """Verify an assignment, once; several pytest-xdist workers share what it told."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    @cache
    def verify(assignment):
        told = shared / f"verified-{assignment}.json"
        with (shared / f"verified-{assignment}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                told.write_text(json.dumps(run(assignment)), encoding="utf-8")
        return json.loads(told.read_text(encoding="utf-8"))

    return verify


def run(assignment):
    """Return what ``torchgrade verify`` told."""
    command = [sys.executable, "-m", "torchgrade", "verify", assignment, "--json", "--content", str(ROOT)]
    if not measured(assignment):
        command.append("--no-budgets")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return {"status": done.returncode, "stderr": done.stderr, "proof": json.loads(done.stdout)[assignment]}


def reference_of(assignment):
    return load_reference(ROOT, load_assignment(ROOT, assignment))


@each_assignment
def test_there_is_no_problem(assignment, verified):
    told = verified(assignment)

    assert told["proof"]["problems"] == []
    assert told["proof"]["ok"] is True
    assert (told["status"], told["stderr"]) == (0, "")


@each_assignment
def test_the_reference_has_all_points_and_the_starter_none(assignment, verified):
    proof, chosen = verified(assignment)["proof"], load_assignment(ROOT, assignment)

    # What this machine cannot measure is nobody's.
    budgets = load_budgets(chosen.budgets_path, chosen.contract)
    wanted = 100 - sum(each.points for each in budgets if not proof["budgets"][each.name]["measured"])
    assert (proof["max_points"], proof["reference"], proof["starter"]) == (100, wanted, 0)


@each_assignment
def test_every_mutant_is_killed_by_the_tests_that_it_names_and_named_by_one(assignment, verified):
    mutants, reference = verified(assignment)["proof"]["mutants"], reference_of(assignment)

    assert mutants["survived"] == []
    assert mutants["killed"] == mutants["total"] == len(reference.mutants) >= FEWEST_MUTANTS
    for mutant in reference.mutants:
        told = mutants["each"][mutant.name]
        assert set(mutant.killed_by) <= {test.partition("[")[0] for test in told["killed_by"]}
        assert told["named_by"]
        assert told["points"] < 100


@each_assignment
def test_every_alternative_keeps_all_points(assignment, verified):
    proof, reference = verified(assignment)["proof"], reference_of(assignment)

    assert set(proof["alternatives"]) == {path.stem for path in reference.alternatives}
    assert len(proof["alternatives"]) >= 2
    assert set(proof["alternatives"].values()) == {proof["test_points"]}


@each_assignment
def test_no_negative_control_gets_a_point(assignment, verified):
    controls = verified(assignment)["proof"]["controls"]

    assert len(controls) >= 8
    assert set(controls.values()) == {0}
