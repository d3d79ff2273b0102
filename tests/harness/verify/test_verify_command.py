"""``torchgrade verify``: content that holds is said to hold, and every way of not holding has a name."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from torchgrade.cli import main
from torchgrade.testing.compare import WORST

MUTANT = '''"""your `double` is {name}"""
import numpy as np
from torchgrade import hookimpl
KILLED_BY = {tests}
'''
DOUBLE = "\n@hookimpl\ndef double(x):\n    return {value}\n"


def mutant(name, value, *tests):
    return MUTANT.format(name=name, tests=tests) + DOUBLE.format(value=value)


@pytest.fixture
def verify(capsys):
    """Run the command; returns its status, stdout and the lines of stderr."""

    def run(content, *arguments):
        status = main(["verify", "--content", str(content), *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err.splitlines()

    return run


def test_content_that_holds(kit, tmp_path, verify):
    status, out, err = verify(kit.make_content(tmp_path), "tiny", "--json", "--seed", "ab" * 32)
    assert (status, err) == (0, [])
    proof = json.loads(out)["tiny"]
    mutants = proof["mutants"]
    each = mutants.pop("each")
    assert proof.pop("seconds") >= 0
    assert proof.pop("sandbox") in {"isolated", "confined", "process"}
    assert proof == {
        "ok": True,
        "max_points": 100,
        "test_points": 100,
        "reference": 100,
        "starter": 0,
        "mutants": {"total": 2, "killed": 2, "survived": []},
        "alternatives": {"by_adding": 100, "by_powers": 100},
        "controls": dict.fromkeys(
            ["zeros", "ones", "a constant", "the mean", "the input", "noise", "nothing", "None"], 0
        ),
        "budgets": {},
        "problems": [],
        "seed": "ab" * 32,
    }
    assert set(each) == {"tripled", "never_refuses"}
    assert each["tripled"]["points"] == 60
    assert each["tripled"]["killed_by"] == ["test_double"]
    assert each["tripled"]["named_by"] == ["test_double"]
    assert each["tripled"]["margin_in_tolerances"] > 1e6
    assert each["never_refuses"]["margin_in_tolerances"] == WORST


def test_the_table_names_every_implementation_and_ends_with_the_verdict(kit, tmp_path, verify):
    status, out, err = verify(kit.make_content(tmp_path))
    assert (status, err) == (0, [])
    lines = [line.split() for line in out.splitlines() if line]
    assert out.startswith("tiny (sandbox: ")
    assert ["reference", "100", "passes", "everything"] in lines
    assert ["starter", "0", "says", "'not", "implemented'", "everywhere"] in lines
    assert ["alternative", "by_adding", "100", "passes", "everything"] in lines
    assert ["mutant", "tripled", "60", "killed", "by", "test_double"] in lines
    assert ["control", "None", "0", "passes", "nothing"] in lines
    assert out.rstrip().endswith("tiny: all of it holds")


@pytest.fixture(scope="module")
def broken(kit, tmp_path_factory):
    """Content with many things amiss at once, none of which hides another."""
    hidden = kit.HIDDEN.replace("@points(40)", "@points(30)") + (
        "\n@points(5)\ndef test_nothing(student):\n"
        "    import numpy as np\n    student.root(np.ones(2))\n"
        '\n@points(2)\n@__import__("pytest").mark.parametrize("name", ["a", "b"])\n'
        "def test_by_name(agree, cases, name):\n    agree('split', cases.some())\n"
    )
    changes = {
        "hidden/test_hidden.py": hidden,
        "starter/submission.py": kit.STARTER.replace("raise NotImplementedError", "return x", 1),
        "mutants/harmless.py": mutant("harmless", "x + x", "test_double"),
        "mutants/partly.py": mutant("partly", "4 * x", "test_double", "test_split"),
        "mutants/lost.py": mutant("lost", "5 * x", "test_duoble"),
        "mutants/unsteady.py": mutant(
            "unsteady", "2 * x + np.random.default_rng().normal(size=x.shape)", "test_double"
        ),
        "mutants/slight.py": mutant("slight", "2 * x * (1 + 5e-9)", "test_double"),
        "mutants/parametrised.py": MUTANT.format(name="odd", tests=("test_by_name",))
        + "\n@hookimpl\ndef split(x):\n    return 0.0, x / 2\n",
        "alternatives/wrong.py": kit.SOLUTION.replace("2 * x", "6 * x"),
        "alternatives/by_adding.py": None,
    }
    return kit.make_content(tmp_path_factory.mktemp("broken"), changes)


@pytest.fixture(scope="module")
def verdict(broken):
    """Status, proof and stderr of the broken content, verified once."""
    command = [sys.executable, "-m", "torchgrade", "verify", "--content", str(broken), "tiny", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)["tiny"], done.stderr.splitlines()


def test_broken_content_is_status_3(verdict):
    status, proof, _ = verdict
    assert status == 3
    assert proof["ok"] is False
    assert proof["mutants"]["survived"] == ["harmless", "lost", "partly"]


@pytest.mark.parametrize(
    "problem",
    [
        "tests and budgets are worth 99 points, not 100",
        "on the starter test_double says 'failed', not 'not implemented'",
        "alternative wrong loses points",
        "test_double: double: the result has wrong values in 3 of 3 entries",
        "mutant harmless survives: no hidden test notices it",
        "mutant partly survives test_split",
        "mutant lost names the unknown test test_duoble",
        "mutant unsteady is killed, but no message names its mistake",
        "mutant slight is off by only ",
        "control 'zeros' passes test_nothing",
        "control 'None' passes test_nothing",
    ],
)
def test_each_thing_amiss_is_named_in_the_proof_and_on_stderr(verdict, problem):
    _, proof, err = verdict
    assert sum(told.startswith(problem) for told in proof["problems"]) == 1
    assert sum(line.startswith(f"error: tiny: {problem}") for line in err) == 1


def test_what_is_in_order_is_not_named(verdict):
    _, proof, err = verdict
    told = "\n".join(proof["problems"])
    for name in ("tripled", "never_refuses", "parametrised", "by_powers", "fewer"):
        assert name not in told
    assert proof["mutants"]["each"]["parametrised"]["killed_by"][-2:] == [
        "test_by_name[a]",
        "test_by_name[b]",
    ]
    assert err[-1] == f"the same cases again: --seed {proof['seed']}"


NUMBERLESS = """
import numpy as np
from torchgrade.testing import check, points

@points(100)
def test_double(student):
    got = student.double(np.arange(1.0, 4.0))
    check(isinstance(got, np.ndarray) and got[2] == 6.0, "the double of 3 is 6")
"""


def test_a_mutant_killed_without_numbers_is_far_enough_off(kit, tmp_path, verify):
    changes = {"hidden/test_hidden.py": NUMBERLESS, "mutants/never_refuses.py": None}
    status, out, _ = verify(kit.make_content(tmp_path, changes), "--json")
    assert status == 3
    proof = json.loads(out)["tiny"]
    assert proof["mutants"]["each"]["tripled"]["margin_in_tolerances"] == WORST
    assert proof["problems"] == ["mutant tripled is killed, but no message names its mistake"]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"solution.py": None}, "solution.py is missing"),
        ({"contract.py": "def broken(:"}, "contract.py"),
        ({"starter/submission.py": None}, "submission.py is missing: an assignment has a starter"),
        ({"starter/submission.py": "x = 1"}, "submission.py: there is no `double`"),
        ({"alternatives/odd.py": "1 / 0"}, "odd.py cannot be imported: ZeroDivisionError"),
        ({"mutants/odd.py": mutant("odd", "x", "test_double") + "1 / 0\n"}, "odd.py cannot be imported"),
        (
            {"hidden/test_hidden.py": NUMBERLESS.replace("isinstance(got, np.ndarray) and ", "")},
            "test test_double is broken: it cannot judge control 'None'",
        ),
        (
            {"hidden/test_hidden.py": NUMBERLESS + "\ndef test_odd():\n    1 / 0\n"},
            "test test_odd is broken: it cannot judge 'solution'",
        ),
    ],
)
def test_content_that_cannot_be_graded_is_a_problem_of_its_assignment_alone(
    kit, tmp_path, verify, changes, words
):
    kit.make_content(tmp_path, changes, identifier="a-broken")
    status, out, err = verify(kit.make_content(tmp_path), "--json")
    assert status == 3
    proofs = json.loads(out)
    assert proofs["a-broken"]["ok"] is False
    assert words in proofs["a-broken"]["problems"][0]
    assert proofs["tiny"]["ok"] is True
    assert err[0].startswith("error: a-broken: ")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["tyni"], "no assignment 'tyni' in"),
        (["tiny", "tinny"], "did you mean 'tiny'?"),
        (["--seed", "odd"], "seed 'odd' is no even number of 2 to 128 hexadecimal digits"),
        (["--sandbox", "x"], "no sandbox level 'x'"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_graded(kit, tmp_path, verify, arguments, words):
    status, out, err = verify(kit.make_content(tmp_path), *arguments)
    assert (status, out) == (2, "")
    assert words in err[0]


def test_a_root_without_assignments_is_wrong_usage(tmp_path, verify):
    (tmp_path / "assignments").mkdir()
    status, out, err = verify(tmp_path)
    assert (status, out) == (2, "")
    assert err == [f"error: no assignment in {tmp_path}"]
