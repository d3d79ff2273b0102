"""Faults of authors: named as theirs, and never a student's loss."""

from __future__ import annotations

import json
import sys
from functools import partial

import pytest

from torchgrade.errors import ContentError, UsageError
from torchgrade.grading.session import with_session
from torchgrade.results import Outcome

HEADER = "import numpy as np\nimport pytest\nfrom torchgrade.testing import check, close, points\n\n"


def unused(_):
    raise AssertionError("a session with broken content began")


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"contract.py": "def broken(:"}, ["contract.py", "SyntaxError"]),
        ({"contract.py": "x = 1"}, ["contract.py", "declares no @hookspec"]),
        ({"assignment.toml": "title = "}, ["assignment.toml"]),
        ({"assignment.toml": 'title = "T"\ncolour = "red"'}, ["assignment.toml", "colour"]),
        ({"assignment.toml": 'title = "T"\npackages = ["no-such-package"]'}, ["no-such-package"]),
        ({"solution.py": None}, ["solution.py", "is missing"]),
        ({"solution.py": "def broken(:"}, ["solution.py", "SyntaxError"]),
        ({"solution.py": "import no_such_package"}, ["solution.py", "ModuleNotFoundError"]),
        ({"solution.py": "import os; os._exit(1)"}, ["solution.py", "exit status 1"]),
        ({"solution.py": "while True: pass"}, ["solution.py", "no answer within"]),
        ({"solution.py": "x = 1"}, ["solution.py", "there is no `double`"]),
        ({"hidden/test_hidden.py": None}, ["hidden", "holds no test_*.py"]),
        ({"hidden/test_hidden.py": "x = 1"}, ["hidden", "no test function"]),
        ({"hidden/test_hidden.py": "def broken(:"}, ["test_hidden.py", "SyntaxError"]),
        ({"hidden/test_hidden.py": "import no_such_package"}, ["test_hidden.py", "no_such_package"]),
        ({"hidden/test_hidden.py": "import sys; sys.exit(1)"}, ["hidden", "cannot be collected"]),
        (
            {"hidden/test_hidden.py": "import pytest; pytest.exit('enough')"},
            ["hidden", "cannot be collected"],
        ),
        (
            {"hidden/test_hidden.py": HEADER + "@points(-1)\ndef test_a(): pass"},
            ["points cannot be negative"],
        ),
        ({"hidden/test_hidden.py": HEADER + "@points\ndef test_a(): pass"}, ["test_hidden.py", "@points"]),
        (
            {"hidden/test_other.py": "def test_double(): pass"},
            ["hidden", "2 tests are named test_double"],
        ),
        ({"hidden/cases.py": "1 / 0"}, ["cases.py", "ZeroDivisionError"]),
        ({"mutants/tripled.py": "def broken(:"}, ["tripled.py", "cannot be read"]),
        ({"mutants/tripled.py": "KILLED_BY = ('test_double',)"}, ["tripled.py", "no docstring"]),
        ({"mutants/tripled.py": '"""hint"""'}, ["tripled.py", "KILLED_BY"]),
        ({"mutants/random.py": '"""hint"""'}, ["random.py", "name of a library module"]),
        ({"alternatives/copy.py": ""}, ["copy.py", "name of a library module"]),
    ],
)
def test_broken_content_is_named_before_anything_is_graded(kit, plugins, tmp_path, changes, words):
    content = kit.make_content(tmp_path, changes)
    with pytest.raises(ContentError) as caught:
        with_session(kit.make_setup(content), plugins, unused)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("seed", ["", "5", "zz", "ab" * 65])
def test_a_seed_that_cannot_be_is_wrong_usage(kit, plugins, tmp_path, seed):
    content = kit.make_content(tmp_path)
    with pytest.raises(UsageError, match="hexadecimal"):
        with_session(kit.make_setup(content, seed=seed), plugins, unused)


FAULTY = (
    HEADER
    + '''
@points(10)
def test_key_error(student):
    student.double(np.ones(2))
    {}["key"]

@points(10)
def test_exits(student):
    raise SystemExit(1)

@points(10)
def test_setup_breaks(student, no_such_fixture):
    pass

@points(10)
def test_slip_of_the_kit(agree, cases):
    agree("doubel", cases.some())

@points(10)
def test_reference_says_nan(agree):
    from torchgrade.testing import Case
    agree("double", [Case("nan", x=np.full(2, np.nan))])

@points(10)
def test_skipped():
    pytest.skip("no GPU")

@points(10)
def test_told_to_fail():
    pytest.fail("your words")

@points(10)
def test_plain_assert(student):
    assert student.double(np.ones(2)).sum() == 5.0, "the sum of two doubled ones is 4"

@points(10)
def test_numpy_assert(student):
    np.testing.assert_allclose(student.double(np.full(2, 12345.0)), 54321.0)

@points(10)
def test_check(student):
    check(student.double(np.ones(2)).sum() == 5.0, "say it with check")

@points(10)
def test_sane(student):
    print("a note of the author")
    check(student.double(np.ones(2)).sum() == 4.0, "the sum is 4")

@pytest.mark.parametrize("size", [1, 2])
def test_sizes(agree, cases, draw, size):
    """double: of every size"""
    assert draw.normal(size).shape == (size,)
    agree("double", cases.some())

def test_points_nothing(student):
    """"""
    with pytest.raises(ZeroDivisionError):
        1 // 0
'''
)


@pytest.fixture(scope="module")
def faulty(kit, plugins, tmp_path_factory):
    folder = tmp_path_factory.mktemp("faulty")
    content = kit.make_content(folder / "content", {"hidden/test_hidden.py": FAULTY})
    submissions = {"one": kit.SOLUTION, "two": kit.SOLUTION, "todo": kit.STARTER}
    return kit.grade(content, plugins, folder / "class", submissions)


@pytest.mark.parametrize(
    "name, outcome, words",
    [
        ("test_key_error", Outcome.INTERNAL_ERROR, "KeyError: 'key'"),
        ("test_exits", Outcome.INTERNAL_ERROR, "SystemExit: 1"),
        ("test_setup_breaks", Outcome.INTERNAL_ERROR, "no_such_fixture"),
        (
            "test_slip_of_the_kit",
            Outcome.INTERNAL_ERROR,
            "the contract has no 'doubel', did you mean 'double'",
        ),
        ("test_reference_says_nan", Outcome.INTERNAL_ERROR, "the expected value of the result holds NaN"),
        ("test_told_to_fail", Outcome.FAILED, "your words"),
        ("test_plain_assert", Outcome.FAILED, "AssertionError"),
        ("test_numpy_assert", Outcome.FAILED, "54321"),
        ("test_check", Outcome.FAILED, ""),
        ("test_skipped", Outcome.NOT_RUN, ""),
        ("test_sane", Outcome.PASSED, ""),
        ("test_sizes[1]", Outcome.PASSED, ""),
        ("test_sizes[2]", Outcome.PASSED, ""),
        ("test_points_nothing", Outcome.PASSED, ""),
    ],
)
def test_a_faulty_test_costs_no_other_and_the_instructor_is_told(faulty, name, outcome, words):
    for submission in ("one", "two"):
        test = next(test for test in faulty[submission].tests if test.id == name)
        assert test.outcome is outcome
        assert words in test.instructor_message
        assert test.points == (test.max_points if outcome is Outcome.PASSED else 0)


def test_the_student_is_told_that_it_is_not_their_fault(faulty):
    result = faulty["one"]
    assert result.needs_regrade
    broken = [test for test in result.tests if test.outcome is Outcome.INTERNAL_ERROR]
    assert len(broken) == 5
    assert all("this is not your fault" in test.student_message for test in broken)
    assert all("KeyError" not in test.student_message for test in broken)


def test_what_is_not_written_yet_comes_before_the_tests_own_fault(faulty):
    outcomes = {test.id: test.outcome for test in faulty["todo"].tests}
    assert outcomes["test_key_error"] is Outcome.NOT_IMPLEMENTED
    assert outcomes["test_sane"] is Outcome.NOT_IMPLEMENTED


@pytest.mark.parametrize(
    "name, message",
    [
        ("test_told_to_fail", "your words"),
        ("test_plain_assert", "the sum of two doubled ones is 4"),
        ("test_numpy_assert", "a check of this test failed"),
        ("test_check", "say it with check"),
        ("test_skipped", "not run: no GPU"),
    ],
)
def test_the_student_reads_the_authors_words_and_no_hidden_value(faulty, name, message):
    told = next(test for test in faulty["one"].tests if test.id == name).student_message
    assert told.splitlines()[0] == message  # the pytest that runs this rewrites inner assertions too


def test_runs_of_a_parametrised_test_are_told_apart(faulty):
    tests = {test.id: test.title for test in faulty["one"].tests}
    assert tests["test_sizes[1]"] == "double: of every size[1]"
    assert tests["test_points_nothing"] == "points nothing"
    assert tests["test_key_error"] == "key error"


def test_points_are_fractions_and_fixed(kit, plugins, tmp_path):
    text = HEADER + '@points("1/3")\ndef test_a(student): pass\n\n@points(0)\ndef test_b(student): pass\n'
    content = kit.make_content(tmp_path / "content", {"hidden/test_hidden.py": text})
    result = kit.grade(content, plugins, tmp_path / "class", {"one": kit.SOLUTION})["one"]
    assert [str(test.max_points) for test in result.tests] == ["1/3", "0"]
    assert str(result.score) == "1/3"


def test_tests_print_on_stderr_so_that_stdout_holds_results_only(kit, plugins, tmp_path, capsys):
    text = "print('at import')\ndef test_a(student):\n    print('in a test')\n"
    content = kit.make_content(tmp_path / "content", {"hidden/test_hidden.py": text})

    def body(session):
        sys.stdout.write(json.dumps({"sandbox": session.zygote.level}))

    kit.grade(content, plugins, tmp_path / "class", {"one": kit.SOLUTION})
    with_session(kit.make_setup(content), plugins, body)
    captured = capsys.readouterr()
    assert json.loads(captured.out)
    assert captured.err.count("at import") == 2
    assert "in a test" in captured.err


def collect(into, session):
    into.extend(test.id for test in session.suite.tests)


def test_two_assignments_may_have_test_files_of_the_same_name(kit, plugins, tmp_path):
    content = kit.make_content(tmp_path)
    other = "def test_another_thing(student):\n    pass\n"
    kit.make_content(tmp_path, {"hidden/test_hidden.py": other}, identifier="other")
    collected = {}
    before = set(sys.modules)
    for name in ("tiny", "other", "tiny"):
        told: list[str] = []
        setup = kit.make_setup(content, assignment=name)
        with_session(setup, plugins, partial(collect, told))
        assert collected.setdefault(name, told) == told
    assert collected == {
        "tiny": ["test_double", "test_split", "test_root"],
        "other": ["test_another_thing"],
    }
    assert not {name for name in set(sys.modules) - before if "test_hidden" in name}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError, ContentError])
def test_what_the_body_raises_comes_out_of_the_session(kit, plugins, tmp_path, error):
    content = kit.make_content(tmp_path)

    def body(_):
        raise error("stop")

    with pytest.raises(error, match="stop"):
        with_session(kit.make_setup(content), plugins, body)


def test_an_interrupt_while_tests_are_collected_is_one(kit, plugins, tmp_path):
    content = kit.make_content(tmp_path, {"hidden/test_hidden.py": "raise KeyboardInterrupt\n"})
    with pytest.raises(KeyboardInterrupt):
        with_session(kit.make_setup(content), plugins, unused)


def test_an_interrupt_in_a_test_ends_the_session(kit, plugins, tmp_path):
    text = "def test_a(student):\n    raise KeyboardInterrupt\n"
    content = kit.make_content(tmp_path / "content", {"hidden/test_hidden.py": text})
    with pytest.raises(KeyboardInterrupt):
        kit.grade(content, plugins, tmp_path / "class", {"one": kit.SOLUTION})


def test_content_may_be_broken_where_it_is_not_needed(kit, plugins, tmp_path):
    content = kit.make_content(tmp_path / "content", {"solution.py": None, "hidden/test_hidden.py": None})
    results = kit.grade(content, plugins, tmp_path / "class", {"one": kit.SOLUTION}, tests="public")
    assert results["one"].passed
    assert results["one"].max_score == 0
    assert results["one"].provenance.reference_sha256 == ""


def test_a_reference_whose_worker_ends_gets_another(kit, plugins, tmp_path):
    body = "    global CALLS\n    CALLS += 1\n    if CALLS > 1: __import__('os')._exit(1)\n    return 2 * x"
    flaky = "CALLS = 0\n" + kit.SOLUTION.replace("    return 2 * x", body)
    content = kit.make_content(tmp_path / "content", {"solution.py": flaky})
    result = kit.grade(content, plugins, tmp_path / "class", {"one": kit.SOLUTION})["one"]
    assert [test.outcome for test in result.tests] == [Outcome.PASSED] * 3
