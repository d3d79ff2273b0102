"""What the tests of ``backprop`` prove, by the real command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from torchgrade.content import load_assignment, load_reference

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def verified():
    command = [sys.executable, "-m", "torchgrade", "verify", "backprop", "--json", "--content", str(ROOT)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def proof(verified):
    return json.loads(verified.stdout)["backprop"]


@pytest.fixture(scope="module")
def reference():
    return load_reference(ROOT, load_assignment(ROOT, "backprop"))


def test_there_is_no_problem(verified, proof):
    assert proof["problems"] == []
    assert proof["ok"] is True
    assert verified.stderr == ""
    assert verified.returncode == 0


def test_the_reference_has_all_points_and_the_starter_none(proof):
    assert (proof["max_points"], proof["reference"], proof["starter"]) == (100, 100, 0)


def test_every_mutant_is_killed_by_the_tests_that_it_names_and_named_by_one(proof, reference):
    mutants = proof["mutants"]
    assert mutants["survived"] == []
    assert mutants["killed"] == mutants["total"] == len(reference.mutants) >= 40
    for mutant in reference.mutants:
        told = mutants["each"][mutant.name]
        assert set(mutant.killed_by) <= set(told["killed_by"])
        assert told["named_by"]
        assert told["points"] < 100


def test_every_alternative_keeps_all_points(proof, reference):
    assert set(proof["alternatives"]) == {path.stem for path in reference.alternatives}
    assert len(proof["alternatives"]) >= 2
    assert set(proof["alternatives"].values()) == {proof["test_points"]}


def test_no_negative_control_gets_a_point(proof):
    assert len(proof["controls"]) >= 8
    assert set(proof["controls"].values()) == {0}
