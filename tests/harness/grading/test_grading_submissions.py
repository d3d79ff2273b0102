"""Grading for real: each submission gets what it deserves, and leaves nothing to the next."""

from __future__ import annotations

import os
import re
from fractions import Fraction

import pytest

from torchgrade.grading.jobs import Job
from torchgrade.grading.session import with_session
from torchgrade.results import NoteKind, Outcome, decode_result, encode_result

FULL = Fraction(100)
PASSED, FAILED, ERROR = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR
TODO, TIMEOUT, MEMORY = Outcome.NOT_IMPLEMENTED, Outcome.TIMEOUT, Outcome.MEMORY


def changed(kit, **functions):
    """Return the solution with other bodies for some functions."""
    text = kit.SOLUTION
    for name, body in functions.items():
        found = re.search(rf"def {name}\(x\):\n((?:    .*\n)+)", text)
        text = text.replace(found[1], f"    {body}\n")
    return text


@pytest.fixture(scope="module")
def submissions(kit):
    return {
        "right": kit.SOLUTION,
        "wrong": changed(kit, double="return 3 * x"),
        "own-mistake": changed(kit, double="return x + 0.1234567"),
        "half-done": kit.STARTER.replace(
            "def double(x):\n    raise NotImplementedError", "def double(x):\n    return 2 * x"
        ),
        "starter": kit.STARTER,
        "nothing": "x = 1\n",
        "syntax": kit.SOLUTION + "\ndef broken(:\n",
        "import-raises": "import no_such_package\n" + kit.SOLUTION,
        "import-hangs": kit.SOLUTION + "\nwhile True:\n    pass\n",
        "import-exits": "import os\nos._exit(3)\n" + kit.SOLUTION,
        "import-leaves": "raise SystemExit('bye')\n" + kit.SOLUTION,
        "signature": kit.SOLUTION.replace(
            "def double(x):\n    return 2 * x", "def double(y):\n    return 2 * y"
        ),
        "unmarked": kit.SOLUTION.replace("@hookimpl\ndef split", "def split"),
        "exits": changed(kit, double="import os; os._exit(0)"),
        "leaves": changed(kit, double="raise SystemExit(0)"),
        "hangs": changed(kit, double="while True: pass"),
        "devours": changed(kit, double="return np.ones(10**10)"),
        "recursive": changed(kit, double="return double(x)"),
        "prints": changed(
            kit, double="print('printed', x.shape); import sys; print('err', file=sys.stderr); return 2 * x"
        ),
        "shouts": "print('\\x1b[31mred\\x07' * 100_000)\n" + kit.SOLUTION,
        "own-stdout": "import sys, io\nsys.stdout = sys.stderr = io.StringIO()\n" + kit.SOLUTION,
        "no-stdout": "import sys\nsys.stdout = None\nsys.stderr = 7\n" + kit.SOLUTION,
        "closed": "import os\nfor fd in (0, 1, 2): os.close(fd)\n" + kit.SOLUTION,
        "long-message": changed(kit, double="raise ValueError('m' * 3_000_000)"),
        "many-lines": changed(kit, double="raise ValueError('line\\n' * 1_000_000)"),
        "mute": changed(kit, double="raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})()"),
        "endless-message": changed(
            kit,
            double="f = lambda g: g(g); raise type('Endless', (Exception,), {'__str__': lambda _: f(f)})()",
        ),
        "hanging-message": changed(
            kit,
            double="raise type('Hanging', (Exception,), {'__str__': lambda _: list(iter(int, 1))})()",
        ),
        "coloured": changed(
            kit, double="raise type('\\x1b[2JRed\\nline', (Exception,), {})('\\x1b]0;title\\x07words')"
        ),
        "mutates": changed(kit, double="x *= 2; return x"),
        "forgets": changed(kit, double="2 * x"),
        "unsendable": changed(kit, double="return {1, 2}"),
        "liar": changed(kit, double="return type('A', (np.ndarray,), {})(x.shape)"),
        "huge-integer": changed(kit, split="return 10**4000, x / 2"),
        "large-integer": changed(kit, split="return 10**400, x / 2"),
    }


@pytest.fixture(scope="module")
def results(kit, plugins, submissions, tmp_path_factory):
    """All submissions in one session, the right one again after each."""
    folder = tmp_path_factory.mktemp("grading")
    content = kit.make_content(folder / "content")
    order = {}
    for name, text in submissions.items():
        order[name] = text
        order[f"right after {name}"] = kit.SOLUTION
    return kit.grade(content, plugins, folder / "class", order)


EXPECTED = {
    "right": (PASSED, PASSED, PASSED),
    "wrong": (FAILED, PASSED, PASSED),
    "own-mistake": (FAILED, PASSED, PASSED),
    "half-done": (PASSED, TODO, TODO),
    "starter": (TODO, TODO, TODO),
    "nothing": (TODO, TODO, TODO),
    "syntax": (ERROR, ERROR, ERROR),
    "import-raises": (ERROR, ERROR, ERROR),
    "import-hangs": (TIMEOUT, TIMEOUT, TIMEOUT),
    "import-exits": (ERROR, ERROR, ERROR),
    "import-leaves": (ERROR, ERROR, ERROR),
    "signature": (TODO, PASSED, PASSED),
    "unmarked": (PASSED, TODO, PASSED),
    "exits": (ERROR, PASSED, PASSED),
    "leaves": (ERROR, PASSED, PASSED),
    "hangs": (TIMEOUT, PASSED, PASSED),
    "devours": (MEMORY, PASSED, PASSED),
    "recursive": (ERROR, PASSED, PASSED),
    "prints": (PASSED, PASSED, PASSED),
    "shouts": (PASSED, PASSED, PASSED),
    "own-stdout": (PASSED, PASSED, PASSED),
    "no-stdout": (PASSED, PASSED, PASSED),
    "closed": (PASSED, PASSED, PASSED),
    "long-message": (ERROR, PASSED, PASSED),
    "many-lines": (ERROR, PASSED, PASSED),
    "mute": (ERROR, PASSED, PASSED),
    "endless-message": (ERROR, PASSED, PASSED),
    "hanging-message": (TIMEOUT, PASSED, PASSED),
    "coloured": (ERROR, PASSED, PASSED),
    "mutates": (FAILED, PASSED, PASSED),
    "forgets": (FAILED, PASSED, PASSED),
    "unsendable": (FAILED, PASSED, PASSED),
    "liar": (FAILED, PASSED, PASSED),
    "huge-integer": (PASSED, FAILED, PASSED),
    "large-integer": (PASSED, FAILED, PASSED),
}


def outcomes(result):
    return tuple(test.outcome for test in result.tests)


@pytest.mark.parametrize("name", EXPECTED)
def test_each_submission_gets_what_it_deserves(results, name):
    result = results[name]
    assert outcomes(result) == EXPECTED[name]
    worth = (Fraction(40), Fraction(59, 2), Fraction(61, 2))
    assert result.score == sum(
        points for points, outcome in zip(worth, EXPECTED[name], strict=True) if outcome is PASSED
    )
    assert result.max_score == FULL
    assert result.passed is (result.score == FULL)
    assert not result.needs_regrade


def test_every_submission_of_this_file_is_expected_something_of(submissions):
    assert list(submissions) == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_right_one_after_it_is_graded_as_before(results, name):
    after = results[f"right after {name}"]
    assert outcomes(after) == (PASSED, PASSED, PASSED)
    assert (after.failure, after.notes, after.stdout.text, after.stderr.text) == ("", (), "", "")
    assert [test.student_message for test in after.tests] == ["", "", ""]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_message_fits_on_a_screen_and_is_clean(results, name):
    result = results[name]
    texts = [result.failure, *(note.text for note in result.notes)]
    texts += [text for test in result.tests for text in (test.student_message, test.instructor_message)]
    for text in texts:
        assert len(text.split("\n")) <= 20
        assert len(text) < 6_000
        assert "\x1b" not in text
        assert "\x07" not in text
    assert decode_result(encode_result(result)) == result


@pytest.mark.parametrize(
    "name, words",
    [
        ("syntax", "raised SyntaxError"),
        ("import-raises", "raised ModuleNotFoundError: No module named 'no_such_package'"),
        (
            "import-hangs",
            "did not finish: no answer within 1.5 s; is there a loop outside of your functions?",
        ),
        ("import-exits", "failed: the process ended itself with exit status 3"),
        ("import-leaves", "raised SystemExit: bye"),
    ],
)
def test_a_failed_import_is_the_failure_of_the_whole_and_of_every_test(results, name, words):
    result = results[name]
    assert result.failure.startswith(f"importing your {name}.py ")
    assert words in result.failure
    assert all(test.student_message == result.failure for test in result.tests)


@pytest.mark.parametrize(
    "name, words",
    [
        ("wrong", "double: the result has wrong values in 3 of 3 entries"),
        ("starter", "your `double` is not implemented yet"),
        ("exits", "your `double` did not return: the process ended itself with exit status 0"),
        ("leaves", "your `double` raised SystemExit: 0"),
        ("hangs", "your `double` gave no answer within 0.6 s"),
        ("devours", "your `double` raised"),
        ("recursive", "your `double` raised RecursionError"),
        ("mute", "your `double` raised Mute"),
        ("coloured", "your `double` raised Red line: words"),
        ("mutates", "your `double` changes its argument `x`; the contract forbids it"),
        ("forgets", "is a `return` missing?"),
        ("unsendable", "what your `double` returned cannot be graded: the value is of type set"),
        ("liar", "what your `double` returned cannot be graded"),
    ],
)
def test_a_failed_test_says_why(results, name, words):
    assert words in results[name].tests[0].student_message


@pytest.mark.parametrize(
    "name, hook, words",
    [
        ("signature", "double", "your `double` takes (y), the contract has (x)"),
        ("unmarked", "split", "your `split` has no `@hookimpl` above it"),
        ("nothing", "root", "there is no `root`"),
    ],
)
def test_a_function_that_cannot_be_called_is_explained_by_its_test_and_one_note(results, name, hook, words):
    test = next(test for test in results[name].tests if test.id == f"test_{hook}")
    assert words in test.student_message
    notes = [note for note in results[name].notes if note.hook == hook]
    assert len(notes) == 1
    assert f"`{hook}`" in notes[0].text
    assert notes[0].kind in {NoteKind.CONTRACT, NoteKind.RULE}


def test_a_mutants_mistake_is_named_and_ones_own_is_not(results):
    cause = results["wrong"].tests[0].cause
    assert (cause.mutant, cause.hint) == ("tripled", "your `double` triples; it multiplies by 2")
    assert results["own-mistake"].tests[0].cause is None


def test_what_was_printed_is_captured_and_capped(results):
    prints = results["prints"]
    assert prints.stdout.text == "printed (3,)\nprinted (4, 2)\n"
    assert prints.stderr.text == "err\nerr\n"
    assert not prints.stdout.truncated
    shouts = results["shouts"].stdout
    assert shouts.truncated
    assert shouts.text.startswith("red\N{REPLACEMENT CHARACTER}red")
    assert len(shouts.text) <= 65_536


def test_a_result_tells_how_it_came_about(results):
    right, wrong = results["right"], results["wrong"]
    about = right.provenance
    assert about.sandbox in {"isolated", "confined", "process"}
    assert about.submission_sha256 != wrong.provenance.submission_sha256
    assert about.assignment_sha256
    assert about.reference_sha256
    assert set(about.packages) == {"numpy"}
    assert {"load", "rules", "import", "tests", "total", "student_calls", "reference_calls"} <= set(
        about.phase_seconds
    )
    assert all(seconds >= 0 for seconds in about.phase_seconds.values())
    assert "tests" not in results["syntax"].provenance.phase_seconds


def test_tests_are_listed_in_order_with_title_and_hooks(results):
    tests = results["right"].tests
    assert [(test.id, test.number, test.title) for test in tests] == [
        ("test_double", 1, "double: twice the input"),
        ("test_split", 2, "split: sum and half"),
        ("test_root", 3, "root: also where it must refuse"),
    ]
    assert [test.hooks for test in tests] == [("double",), ("split",), ("root",)]
    assert results["wrong"].tests[0].error_in_tolerances > 10
    assert results["right"].tests[0].error_in_tolerances == 0.0


def test_what_cannot_be_read_never_runs(kit, plugins, tmp_path):
    content = kit.make_content(tmp_path / "content")
    (tmp_path / "notes.docx").write_bytes(b"PK")
    told = []

    def body(session):
        told.extend(
            session.grader.grade(Job(submission_id=name, path=str(tmp_path / name)))
            for name in ("notes.docx", "missing.py")
        )

    with_session(kit.make_setup(content), plugins, body)
    for result in told:
        assert outcomes(result) == (Outcome.NOT_RUN,) * 3
        assert result.failure.startswith("your submission cannot be read: ")
        assert result.provenance.sandbox == "none"
        assert result.max_score == FULL


def test_the_environment_is_as_before(results):
    assert results
    assert not {name for name in os.environ if name.startswith("PYTEST_") and name.endswith("AUTOLOAD")}
