"""``torchgrade check``: what a student sees."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import msgspec
import nbformat
import pytest

from torchgrade.cli import main
from torchgrade.results import Outcome, decode_result


@pytest.fixture(scope="module")
def content(kit, tmp_path_factory):
    return kit.make_content(tmp_path_factory.mktemp("content"))


@pytest.fixture
def check(content, capfdbinary):
    """Run the command; returns its status, stdout and stderr."""

    def run(*arguments, root=content):
        status = main(["check", "--content", str(root), *map(str, arguments)])
        captured = capfdbinary.readouterr()
        return status, captured.out.decode(), captured.err.decode()

    return run


@pytest.fixture
def work(tmp_path):
    def write(text, name="submission.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


HINT = "points come from hidden tests, which check all that contract.py says\n"


def wrong(kit):
    return kit.SOLUTION.replace("return 2 * x", "return 3 * x")


def test_a_right_solution_passes(kit, check, work):
    status, out, err = check(work(kit.SOLUTION), "--seed", "5eed")
    assert (status, err) == (0, HINT)
    assert out.splitlines() == [
        "Tiny: submission",
        "  ok  double: twice the input",
        "  ok  split: sum and half of (1, 2)",
        "2 of 2 public tests passed",
    ]


def test_the_starter_has_everything_to_do(content, check):
    status, out, err = check(content / "assignments/tiny/starter", "--seed", "5eed")
    assert status == 1
    assert out.splitlines() == [
        "Tiny: starter",
        "  todo  double: twice the input",
        "        your `double` is not implemented yet",
        "  todo  split: sum and half of (1, 2)",
        "        your `split` is not implemented yet",
        "0 of 2 public tests passed",
    ]
    assert err == "the same inputs again: --seed 5eed\n"


def test_a_failing_test_shows_values_and_how_to_see_them_again(kit, check, work):
    path = work(wrong(kit))
    status, out, err = check(path)
    assert status == 1
    assert "  failed  double: twice the input\n          `double(x)` has wrong values in 3 of 3" in out
    assert "entries: every entry is 1.5 × the right one\n" in out
    assert re.search(r"\n          double\(x\)\[\d\]: got -?\d+\.\d+, expected -?\d+\.\d+\n", out)
    assert "  ok      split" in out
    assert out.endswith("1 of 2 public tests passed\n")

    seed = re.fullmatch(r"the same inputs again: --seed ([0-9a-f]{8})\n", err)[1]
    assert check(path, "--seed", seed) == (1, out, err)
    assert check(path)[1] != out


def test_json_is_the_result_and_nothing_else(kit, check, work):
    status, out, _ = check(work("print('noise')\n" + wrong(kit)), "--json", "--seed", "5eed")
    assert status == 1
    assert out.count("\n") == 1
    result = decode_result(out.encode())
    assert [test.outcome for test in result.tests] == [Outcome.FAILED, Outcome.PASSED]
    assert result.provenance.seed == "5eed"
    assert result.stdout.text == "noise\n"
    assert all(not test.instructor_message for test in result.tests)


def test_what_the_code_printed_is_shown_apart(kit, check, work):
    _, out, _ = check(work("print('one\\x1b[2J')\nprint('two')\n" + kit.SOLUTION))
    assert out.endswith("your code printed:\n  | one\n  | two\n2 of 2 public tests passed\n")
    _, out, _ = check(work("print('x' * 100_000)\n" + kit.SOLUTION))
    assert "your code printed (cut, it is too long):\n  | xxx" in out


def test_a_syntax_error_is_the_whole_message_once(kit, check, work):
    status, out, _ = check(work(kit.SOLUTION + "def broken(:\n"))
    assert status == 1
    assert out.count("SyntaxError") == 1
    assert "def broken(:" in out
    assert out.endswith("0 of 2 public tests passed\n")


def test_a_missing_function_is_explained_once_above_and_once_at_its_test(kit, check, work):
    status, out, _ = check(work(kit.SOLUTION.replace("@hookimpl\ndef split", "def split")))
    assert status == 1
    assert out.splitlines()[1].startswith("note: ")
    assert sum(line.startswith("note: ") and "`split`" in line for line in out.splitlines()) == 1
    assert "  todo  split: sum and half of (1, 2)\n        your `split` has no `@hookimpl` above it" in out


@pytest.mark.parametrize("name", ["work.ipynb", "folder/work.ipynb"])
def test_a_notebook_is_checked_and_its_cells_are_named(kit, check, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    source = kit.SOLUTION.replace("return 2 * x", "return x / None")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
    status, out, _ = check(path.parent if "/" in name else path)
    assert status == 1
    assert "your `double` raised TypeError" in out
    assert "           cell 1, line 6, in double\n             return x / None" in out
    assert "  ok     split" in out


STUMBLING = """
def test_stumbles(student):
    import numpy as np
    print("a note on stdout")
    assert student.double(np.ones(2)).sum() == 4.0, "the sum is 4"
"""


def test_a_public_test_that_stumbles_says_over_what(kit, check, work, tmp_path):
    root = kit.make_content(tmp_path / "content", {"public/test_public.py": STUMBLING})
    path = work(kit.SOLUTION.replace("return 2 * x", "2 * x"))
    status, out, err = check(path, root=root)
    assert status == 3
    assert "this test cannot work with what your code returned (or is broken itself):" in out
    assert "AttributeError: 'NoneType' object has no attribute 'sum'" in out
    assert "test_public.py, line 5" in out
    assert "it will be graded again" not in out
    assert "a note on stdout" in err
    assert "a note on stdout" not in out


class TestSeveralAssignments:
    OTHER = "from torchgrade import hookspec\n\n@hookspec(firstresult=True)\ndef triple(x): ...\n"
    BOTH = OTHER + "\n@hookspec(firstresult=True)\ndef double(x): ...\n"

    @pytest.fixture
    def root(self, kit, tmp_path):
        root = kit.make_content(tmp_path / "content")
        public = "def test_triple(student):\n    assert student.triple(2) == 6, 'it is 6'\n"
        changes = {"contract.py": self.OTHER, "public/test_public.py": public}
        return kit.make_content(root, changes, identifier="other")

    def test_the_functions_tell_which_one_it_is(self, kit, root, check, work):
        assert check(work(kit.SOLUTION), root=root)[1].endswith("2 of 2 public tests passed\n")
        triple = "from torchgrade import hookimpl\n@hookimpl\ndef triple(x):\n    return 3 * x\n"
        assert check(work(triple), root=root)[1].endswith("1 of 1 public tests passed\n")
        # with a syntax error too, and in a notebook
        status, out, _ = check(work(triple + "def broken(:\n"), root=root)
        assert status == 1
        assert "SyntaxError" in out
        path = work("", "triple.ipynb")
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(triple)]), path)
        assert check(path, root=root)[0] == 0

    @pytest.mark.parametrize("text, why", [("x = 1\n", "a function of none"), (BOTH, "functions of several")])
    def test_where_they_do_not_tell_it_has_to_be_named(self, root, check, work, text, why):
        path = work(text)
        status, out, err = check(path, root=root)
        assert (status, out) == (2, "")
        assert err.startswith(
            f"error: which assignment is {path}? it has {why}; name it with --assignment ID"
        )
        assert err.endswith("there are: other, tiny\n")

    def test_it_can_be_named(self, kit, root, check, work):
        status, out, _ = check(work(kit.SOLUTION), "--assignment", "other", root=root)
        assert (status, out.splitlines()[-1]) == (1, "0 of 1 public tests passed")

    def test_what_cannot_be_read_says_so(self, root, check, work):
        status, out, err = check(work("words", "notes.docx"), root=root)
        assert (status, out) == (1, "")
        assert err.startswith("error: 'notes.docx' is no kind of submission")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["{folder}/missing.py"], "missing.py does not exist"),
        (["{folder}", "--assignment", "tinny"], "no assignment 'tinny' in {content}, did you mean 'tiny'?"),
        (["{folder}", "--seed", "xyz"], "seed 'xyz' is no even number of 2 to 128 hexadecimal digits"),
        (["{folder}", "--sandbox", "proces"], "no sandbox level 'proces', did you mean 'process'?"),
        (["{folder}", "--content", "{folder}"], "holds no folder 'assignments'"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(content, check, tmp_path, arguments, words):
    filled = [argument.format(folder=tmp_path) for argument in arguments]
    status, out, err = check(*filled)
    assert (status, out) == (2, "")
    assert words.format(content=content) in err
    assert err.startswith("error: ")


@pytest.mark.parametrize("name, words", [("notes.docx", "is no kind of submission"), ("empty", "empty")])
def test_what_cannot_be_read_is_a_result(check, work, tmp_path, name, words):
    if name == "empty":
        (tmp_path / name).mkdir()
    else:
        work("words", name)
    status, out, _ = check(tmp_path / name)
    assert status == 1
    assert "your submission cannot be read: " in out
    assert words in out


def test_broken_public_tests_are_the_authors_fault(kit, check, work, tmp_path):
    root = kit.make_content(tmp_path / "content", {"public/test_public.py": "1 / 0\n"})
    status, out, err = check(work(kit.SOLUTION), root=root)
    assert (status, out) == (3, "")
    assert "cannot be collected" in err
    assert "Traceback" not in err


def test_a_student_needs_no_reference(kit, check, work, tmp_path):
    files = [name for name in kit.tiny_files() if name.startswith("reference/")]
    root = kit.make_content(tmp_path / "content")
    for name in files:
        (root / name).unlink()
    assert check(work(kit.SOLUTION), root=root)[0] == 0


def run(content, *arguments, **options):
    command = [sys.executable, "-m", "torchgrade", "check", "--content", str(content), *map(str, arguments)]
    return subprocess.run(command, check=False, text=True, stderr=subprocess.PIPE, **options)


@pytest.mark.skipif(os.name != "posix", reason="file descriptors of POSIX")
def test_a_reader_that_goes_away_is_no_fault(kit, content, work):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(content, work("print('x' * 60_000)\n" + kit.SOLUTION), stdout=writer)
    finally:
        os.close(writer)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="file descriptors of POSIX")
def test_a_closed_stdout_is_no_fault_either(kit, content, work):
    done = run(content, work(kit.SOLUTION), preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (0, HINT)


def test_json_can_be_read_by_any_program(kit, check, work):
    _, out, _ = check(work(wrong(kit)), "--json")
    document = json.loads(out)
    assert document["assignment"] == {"id": "tiny", "title": "Tiny"}
    assert msgspec.json.decode(out.encode()) == document


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals of POSIX")
def test_on_a_terminal_lines_break_between_words(kit, content, work):
    ours, theirs = os.openpty()
    source = kit.SOLUTION.replace("return 2 * x", "raise ValueError('a word ' * 40)")
    try:
        done = run(
            content,
            work(source),
            "--sandbox",
            "process",
            stdout=theirs,
            env={**os.environ, "COLUMNS": "60", "TERM": "xterm"},
        )
        os.close(theirs)
        shown = read_terminal(ours)
    finally:
        os.close(ours)
    assert done.returncode == 1
    assert "\x1b[31merror\x1b[0m  double: twice the input" in shown
    lines = re.sub(r"\x1b\[\d*m", "", shown).splitlines()
    broken = [line for line in lines if "a word" in line]
    assert len(broken) > 3
    assert all(len(line) <= 60 for line in broken)
    assert not [line for line in broken if re.search(r"\b(wor|wo|w)$", line)]
    assert all(line.startswith(" " * 11) for line in broken[1:])


def read_terminal(descriptor):
    shown = b""
    while True:
        try:
            part = os.read(descriptor, 65_536)
        except OSError:  # how Linux says that the other end is closed
            return shown.decode()
        if not part:
            return shown.decode()
        shown += part
