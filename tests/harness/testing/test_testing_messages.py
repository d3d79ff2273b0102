"""What a student reads: short, clean, and without the values of hidden tests."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from torchgrade.contract import load_contract
from torchgrade.remote.answers import Answer, AnswerKind, Call, CodeFrame, Raised
from torchgrade.results import Outcome
from torchgrade.testing import Case
from torchgrade.testing.agree import Agree
from torchgrade.testing.bench import AnswerBook, Bench
from torchgrade.testing.compare import compare
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.messages import (
    LINES,
    bounded,
    clean,
    describe_arguments,
    describe_difference,
    describe_raised,
    describe_values,
    failure_of,
)

CONTRACT = load_contract(
    "from torchgrade import hookspec\n"
    "from torchgrade.contract import returns\n"
    "@hookspec(firstresult=True)\n@returns('dx', 'dw')\ndef backward(dout, factor): ...\n",
    "contract.py",
)
HOOK = CONTRACT.hooks["backward"]
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


ARRAY = "array of shape ({}), float64"
SIZE = "the typical size of an entry"


def call():
    return Call(HOOK, (np.ones((4, 3)), 0.5))


def raised(**changes):
    frame = CodeFrame(file="submission.py", line=7, function="backward", source="return 1 / 0")
    given = {
        "types": ("ZeroDivisionError", "ArithmeticError"),
        "message": "division by zero",
        "frames": (frame,),
    }
    return Raised(**{**given, **changes})


class Fixed:
    def __init__(self, value):
        self.value = value

    def answer(self, _):
        return Answer(kind=AnswerKind.VALUE, value=self.value)


large = st.floats(1e4, 1e6)
arrays = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=5), elements=large)


@given(dout=arrays, factor=large, data=st.data())
def test_a_hidden_tests_message_holds_no_value(dout, factor, data):
    expected = (dout * 1.5, float(factor * 2))
    wrong = data.draw(
        st.sampled_from(
            [
                (dout, float(factor * 2)),
                (dout * 1.5, factor),
                (np.where(dout > 1e5, np.nan, dout), factor),
                (dout[:-1], factor),
                (dout.astype(np.float32), factor),
                (dout.tolist(), factor),
                (dout,),
                float(factor),
                {"dx": factor},
                str(factor),
            ]
        )
    )
    bench = Bench(CONTRACT, b"seed", AnswerBook(Fixed(expected)), [])
    bench.seat(Fixed(wrong))
    with pytest.raises(StudentFailure) as caught:
        Agree(bench, "test_it")("backward", [Case("large", dout=dout, factor=factor)] * 2)
    message = caught.value.student_message
    assert "case: large" in message
    secrets = np.concatenate([dout.ravel(), expected[0].ravel(), [factor, expected[1]]])
    told = [float(token) for token in NUMBER.findall(message)]
    assert not [number for number in told if np.any(np.isclose(secrets, number, rtol=1e-2))]
    assert len(message.splitlines()) <= LINES


def difference(expected, got):
    return compare(expected, got, where="dx").difference


@pytest.mark.parametrize(
    "expected, got, message",
    [
        (
            np.ones((4, 3)),
            None,
            "`dx` is None (is a `return` missing?); expected: array of shape (4, 3), float64",
        ),
        (np.ones(3), [1.0], "`dx` is list of 1; expected: array of shape (3,), float64"),
        (
            np.ones((4, 3)),
            np.ones((3, 4)),
            f"`dx` has the wrong shape: it is {ARRAY.format('3, 4')}; expected: {ARRAY.format('4, 3')}",
        ),
        (
            np.ones(3),
            np.ones(3, dtype=np.float32),
            f"`dx` has the wrong dtype: it is {ARRAY[:-2].format('3,')}32; expected: {ARRAY.format('3,')}",
        ),
        (np.ones(3), np.array([1, np.nan, np.nan]), "`dx` is NaN in 2 of 3 entries where it should not be"),
        (np.ones(3), np.array([1, np.inf, 1]), "`dx` is infinite in 1 of 3 entries where it should not be"),
        (1.0, np.nan, "`dx` is NaN where it should not be"),
        (
            np.array([np.inf, 1.0]),
            np.ones(2),
            "`dx` should be infinite in 1 of 2 entries where it is not, or of the other sign",
        ),
        (
            np.ones(4),
            np.array([1.0, 1.0, 1.0, 1.5]),
            f"`dx` has wrong values in 1 of 4 entries; the largest error is 0.5 × {SIZE} (allowed: 1e-09)",
        ),
        (2.0, 3.0, "`dx` has the wrong value; it is off by 0.5 × its size (allowed: 1e-09)"),
        (np.zeros(2), np.ones(2), "`dx` has wrong values in 2 of 2 entries"),
        (3, 4, "`dx` has the wrong value"),
        ("a", "b", "`dx` has the wrong value"),
        (True, False, "`dx` has the wrong value"),
        ({"a": 1}, {"b": 1}, "`dx` is dictionary of 1 with other keys; expected: dictionary of 1"),
    ],
)
def test_a_difference_is_told_in_a_sentence(expected, got, message):
    assert describe_difference(difference(expected, got)) == message


def test_the_values_are_a_line_of_their_own():
    told = describe_values(difference(np.array([[1.0, 2.0]]), np.array([[1.0, 2.5]])))
    assert told == "dx[0, 1]: got 2.5, expected 2"
    assert describe_values(difference(1.0, 2.0)) == "dx: got 2, expected 1"
    assert describe_values(difference("a", "b")) == "dx: got 'b', expected 'a'"
    assert describe_values(difference(np.ones(2), None)) == ""


def test_arguments_are_described_by_name_shape_and_type():
    assert describe_arguments(call()) == "dout: array of shape (4, 3), float64, factor: float"


def test_an_exception_is_told_with_the_lines_that_it_came_through():
    failure = failure_of(Answer(kind=AnswerKind.RAISED, raised=raised()), call(), "plain")
    assert failure.outcome is Outcome.ERROR
    assert failure.student_message.splitlines() == [
        "your `backward` raised ZeroDivisionError: division by zero",
        "  submission.py, line 7, in backward",
        "    return 1 / 0",
        "case: plain",
        "arguments: dout: array of shape (4, 3), float64, factor: float",
    ]


@pytest.mark.parametrize(
    "types, outcome",
    [
        (("NotImplementedError", "RuntimeError", "Exception"), Outcome.NOT_IMPLEMENTED),
        (("Todo", "NotImplementedError"), Outcome.NOT_IMPLEMENTED),
        (("MemoryError", "Exception"), Outcome.MEMORY),
        (("_ArrayMemoryError", "MemoryError"), Outcome.MEMORY),
        (("SystemExit",), Outcome.ERROR),
        ((), Outcome.ERROR),
    ],
)
def test_the_outcome_of_an_exception_follows_from_its_class_and_bases(types, outcome):
    failure = failure_of(Answer(kind=AnswerKind.RAISED, raised=raised(types=types)), call(), "plain")
    assert failure.outcome is outcome


def test_a_missing_function_has_a_sentence_even_without_one():
    failure = failure_of(Answer(kind=AnswerKind.MISSING), call(), "plain")
    assert failure.outcome is Outcome.NOT_IMPLEMENTED
    assert failure.student_message == "there is no `backward` that can be called"


@pytest.mark.parametrize(
    "foreign, cleaned",
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bMup", "up"),
        (
            "a\x00b\x07c\x9bd",
            "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c\N{REPLACEMENT CHARACTER}d",
        ),
        ("safe\u202egnp.exe", "safe\N{REPLACEMENT CHARACTER}gnp.exe"),
        ("\u200fmark", "\N{REPLACEMENT CHARACTER}mark"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("10%\r20%\r\n", "10%\n20%\n"),
        ("tab\tand\nline é 漢", "tab\tand\nline é 漢"),
        ("\x1b", ""),
    ],
)
def test_foreign_text_is_cleaned(foreign, cleaned):
    assert clean(foreign) == cleaned


@given(st.text(st.characters(codec=None), max_size=200))
def test_no_control_character_survives_cleaning(text):
    assert not CONTROL.search(clean(text))
    clean(text).encode()


@given(
    types=st.lists(st.text(st.characters(codec=None))),
    message=st.text(st.characters(codec=None)),
    parts=st.lists(st.tuples(st.text(), st.integers(), st.text(), st.text()), max_size=12),
)
def test_whatever_is_raised_fits_on_a_screen(types, message, parts):
    frames = tuple(
        CodeFrame(file=file, line=line, function=function, source=source)
        for file, line, function, source in parts
    )
    answer = Answer(kind=AnswerKind.RAISED, raised=Raised(types=tuple(types), message=message, frames=frames))
    text = failure_of(answer, call(), "plain").student_message
    assert len(text.split("\n")) <= LINES
    assert not CONTROL.search(text)


HOSTILE = ["x" * 5_000_000, "line\n" * 100_000, "\x1b[2J" * 100_000, "\x1b]" * 100_000, "\ud800" * 100_000]


@pytest.mark.parametrize("text", HOSTILE, ids=["long", "lines", "colours", "titles", "surrogates"])
def test_nothing_that_a_worker_says_is_taken_at_length(text):
    told = [
        describe_raised(raised(message=text)),
        describe_raised(raised(types=(text,))),
        describe_raised(raised(frames=(CodeFrame(file=text, line=1, function=text, source=text),) * 12)),
        bounded(text),
    ]
    told += [
        failure_of(Answer(kind=kind, detail=text), call(), "plain").student_message
        for kind in (AnswerKind.UNSENDABLE, AnswerKind.MISSING, AnswerKind.DIED)
    ]
    for message in told:
        assert len(message) < 10_000
        assert len(message.split("\n")) <= LINES
        assert not CONTROL.search(message)


def test_a_bounded_message_says_how_much_it_leaves_out():
    text = bounded("\n".join(map(str, range(30))))
    assert text.splitlines()[:2] == ["0", "1"]
    assert text.splitlines()[-1] == "… and 11 more lines"
    assert len(text.splitlines()) == LINES
    assert bounded("\n".join(map(str, range(20)))) == "\n".join(map(str, range(20)))
    assert bounded("one\ntwo", 1) == "… and 2 more lines"
