"""Advice on source that Python cannot read."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "source, line, words, excerpt",
    [
        ("x = 1\ny = (1,\n     2\nz = 3\n", 2, "this bracket is never closed", "y = (1,\n    ^"),
        ("def f(x)\n    return x\n", 1, "a colon is missing", "def f(x)\n        ^"),
        ("x = 1\n  y = 2\n", 2, "indented further", "y = 2\n^"),
        ("if True:\nx = 1\n", 2, "an indented block is missing", "x = 1\n^"),
        ("if True:\n        x = 1\n    y = 2\n", 3, "fits none of the blocks", "y = 2\n     ^"),
        ("if True:\n        x = 1\n\ty = 2\n", 3, "tabs and spaces are mixed", "y = 2\n^"),
        ("print 'hello'\n", 1, "this is Python 2", "print 'hello'\n^"),
        ("try:\n    f()\nexcept A, b:\n    pass\n", 3, "several exception types", "except A, b:\n       ^"),
        ("x = 'abc\n", 1, "no closing quote", "x = 'abc\n    ^"),
        ("x = 1)\n", 1, "closing bracket has no opening", "x = 1)\n     ^"),
        ("x = (1]\n", 1, "of another kind", "x = (1]\n      ^"),
        ("x = \u201chi\u201d\n", 1, "copied from a text processor", "x = \u201chi\u201d\n    ^"),
        ("x =\u00a01\n", 1, "an invisible character", "x = 1\n   ^"),
        ("return 1\n", 1, "does not understand", "return 1\n^"),
        ("def f():\n    f() = 1\n", 2, "cannot stand on the left", "f() = 1\n^"),
        ('"""never\n', 1, "this triple-quoted text never ends", '"""never\n^'),
    ],
)
def test_an_error_is_told_in_words_with_its_line_and_a_caret(ask, source, line, words, excerpt):
    (note,) = ask("syntax", source)

    assert note.file == "submission.py"
    assert note.line == line
    assert words in note.text
    assert note.text.endswith(f"\n{excerpt}")


def test_right_source_gets_no_note(ask):
    assert ask("syntax", "import numpy as np\n\n\ndef f(x):\n    return np.exp(x)\n") == ()


def test_what_python_warns_of_is_passed_on(ask):
    notes = ask("syntax", "def f(x):\n    return x is 3\n\nPATTERN = '\\d'\n")

    assert [(note.line, note.text.split(":")[0]) for note in notes] == [
        (2, "Python warns"),
        (4, "Python warns"),
    ]
    assert '"is" with a literal' in notes[0].text
    assert "invalid escape sequence" in notes[1].text


def test_all_files_are_read_the_entry_first(ask):
    notes = ask("syntax", "x = (\n", helper="y = [\n", good="z = 1\n")

    assert [note.file for note in notes] == ["submission.py", "helper.py"]


def test_a_notebook_note_names_cell_and_line(ask):
    (note,) = ask("syntax", "x = 1\ny = x is 3\n", lines=("cell 1, line 1", "cell 4, line 2"))

    assert note.text.startswith("cell 4, line 2: Python warns")
    assert (note.file, note.line) == ("", 0)


@pytest.mark.parametrize(
    "source, words",
    [
        (b"x = '\xff'\n", "is not UTF-8"),
        (b"x = 1\0\n", "NUL byte"),
        ("x = 1\n".encode("utf-16"), "UTF-16"),
        ("-" * 50_000 + "1", "nested too deeply"),
        ("a" + ".b" * 50_000, "nested too deeply"),
        ("1+" * 50_000 + "1", "nested too deeply"),
        ("(" * 5_000 + ")" * 5_000, "nested too deeply"),
        ("[" * 150 + "]" * 149, "never closed"),
        ("x = " + "9" * 10_000, "4300"),
        ("x = '" + "a" * 100_000, "no closing quote"),
        ("x = 1\n" * 50_000, "longer than 256 KiB"),
    ],
)
def test_hostile_source_gets_a_short_note(ask, source, words):
    (note,) = ask("syntax", source)

    assert words in note.text
    assert len(note.text) < 600


def test_more_source_than_anybody_writes_is_left_unread_and_said_so(ask):
    big = "x = 1\n" * 40_000
    notes = ask("syntax", big, a=big, b=big, c="y = (\n")

    assert [note.text for note in notes] == ["2 of your files were not read for advice: too much code"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    source=st.one_of(
        st.binary(max_size=200), st.text(alphabet="def x():[]{}'\"\\\n\t #=,.;@*`\u00e9\0\x0c", max_size=80)
    )
)
@pytest.mark.parametrize("rule", ["syntax", "signature", "off_limits"])
def test_no_source_ever_breaks_a_rule(ask, rule, source):
    for note in ask(rule, source):
        assert note.text
        assert all(line.isprintable() for line in note.text.split("\n"))
