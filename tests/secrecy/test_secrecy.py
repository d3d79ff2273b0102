"""What a submission can find out: nothing of the reference, no seed, no expected value."""

import re
import secrets
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from torchgrade.content import Limits, load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.remote.answers import AnswerKind, Call
from torchgrade.remote.managed import ManagedImplementation
from torchgrade.remote.worker import Loaded
from torchgrade.results import Outcome

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MARK = np.array([[20261121.0]])
GENERAL = re.compile(r"import |from |@dataclass")  # lines that stand in anybody's code
CANARY = b"torchgrade-reference-" + b"7f3c1d"


def harvest(level):
    """Grade the harvester with all hidden tests, then ask it for what it found."""
    plugins = load_plugins()
    if not plugins.sandboxes.get(level).probe().works:
        pytest.skip(f"level {level} does not work on this machine")
    seed = secrets.token_hex(32)
    setup = GradingSetup(content_root=str(ROOT), assignment="backprop", seed=seed, sandbox=level)
    taken = {}

    def body(session):
        limits = Limits(import_seconds=60, call_seconds=60, submission_seconds=240, memory_mib=1024)
        files = {"submission.py": (HERE / "harvester.py").read_bytes()}
        student = ManagedImplementation(session.zygote, files, ["submission.py"], limits)
        loaded = student.start()
        assert isinstance(loaded, Loaded), loaded
        taken["outcomes"] = session.suite.run(student)
        hook = session.assignment.contract.hooks["relu_backward"]
        answer = student.answer(Call(hook, (MARK, MARK), echo=False))
        assert answer.kind is AnswerKind.VALUE, answer
        taken["found"] = answer.value.tobytes()
        taken["known"] = session.answers.known
        student.finish()

    with_session(setup, plugins, body)
    return seed, taken


@pytest.fixture(scope="module", params=["isolated", "process"])
def harvested(request):
    seed, taken = harvest(request.param)
    return request.param, seed, taken


def test_the_harvester_was_really_judged_and_really_looked(harvested):
    _, _, taken = harvested
    assert all(test.outcome is Outcome.FAILED for test in taken["outcomes"])
    assert b"numpy" in taken["found"]
    assert b"look_at_frames" in taken["found"]
    assert len(taken["found"]) > 2**20


def test_no_seed_is_found(harvested):
    _, seed, taken = harvested
    assert seed.encode() not in taken["found"]
    assert bytes.fromhex(seed) not in taken["found"]
    for half in (seed[:16], seed[-16:]):
        assert half.encode() not in taken["found"]


def test_no_expected_value_is_found(harvested):
    _, _, taken = harvested
    given, expected = set(), set()
    for call, answer in taken["known"]:
        given.update(entry for array in leaves(call.arguments) for entry in array.ravel().tolist())
        expected.update(entry for array in leaves(answer.value) for entry in array.ravel().tolist())
    # Entries that a right answer copies from its inputs are no secret, and a number such as 1/3, which a
    # saturated softmax gives, stands in anybody's memory.
    telling = [entry for entry in expected - given if not is_simple(entry)]
    assert len(telling) > 500
    assert np.intersect1d(floats_in(taken["found"]), telling).size == 0
    written = {float(number) for number in re.findall(rb"-?\d+\.\d{3,}(?:e[-+]?\d+)?", taken["found"])}
    assert written
    assert not written.intersection(telling)


def is_simple(number):
    """Tell whether it is a whole number, a short decimal or a simple fraction."""
    return number == round(number, 6) or abs(number - Fraction(number).limit_denominator(1000)) < 1e-12


def floats_in(data):
    """Return every eight bytes of the data, at any place, as a float."""
    shifts = [data[shift : len(data) - (len(data) - shift) % 8] for shift in range(8)]
    return np.concatenate([np.frombuffer(shifted, dtype=np.float64) for shifted in shifts])


def test_no_line_of_the_reference_is_found(harvested):
    level, _, taken = harvested
    if level == "process":
        pytest.skip("level process holds no files back, and says so")
    assignment = load_assignment(ROOT, "backprop")
    reference = load_reference(ROOT, assignment)
    public = "".join(path.read_text() for path in assignment.folder.rglob("*.py"))
    public += (HERE / "harvester.py").read_text()
    assert CANARY not in taken["found"]
    found = {line.strip() for line in taken["found"].decode(errors="replace").splitlines()}
    private = {
        line.strip() for path in reference.folder.rglob("*.py") for line in path.read_text().splitlines()
    }
    telling = {line for line in private if len(line) >= 30 and line not in public and not GENERAL.match(line)}
    assert len(telling) > 500
    assert not telling.intersection(found)


def test_no_name_of_a_hidden_test_or_mutant_is_found(harvested):
    level, _, taken = harvested
    assignment = load_assignment(ROOT, "backprop")
    reference = load_reference(ROOT, assignment)
    names = [test.id for test in taken["outcomes"]]
    names += [mutant.hint for mutant in reference.mutants]
    if level == "isolated":
        names += ["/reference/backprop", *(mutant.name + ".py" for mutant in reference.mutants)]
    found = [name for name in names if name.encode() in taken["found"]]
    assert not found


def test_no_process_outside_is_seen(harvested):
    level, _, taken = harvested
    if level == "process":
        pytest.skip("level process holds no processes back, and says so")
    for trace in (b"bwrap", b"pytest", b"torchgrade.grading", str(ROOT).encode()):
        assert trace + b"\0" not in taken["found"]


def leaves(value):
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return []
