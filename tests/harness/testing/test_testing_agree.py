"""``agree``: which case is reported, what a test makes of each kind of answer."""

# ruff: noqa: ARG001, ARG005 - a student's function has the contract's arguments, used or not

from __future__ import annotations

import numpy as np
import pytest

from torchgrade.errors import ContentError
from torchgrade.remote.answers import Answer, AnswerKind
from torchgrade.results import Outcome
from torchgrade.testing import Case, Tolerance
from torchgrade.testing.agree import Agree
from torchgrade.testing.compare import WORST


def double(x):
    return 2 * x


def split(x):
    return float(x.sum()), x / 2


def cases(*sizes):
    return [Case(f"size {size}", x=np.arange(1.0, size + 1)) for size in sizes]


def refuse_long(x):
    if len(x) > 2:
        raise ValueError("too long")
    return 2 * x


def test_agreeing_answers_end_nothing_and_are_noted(bench):
    made = bench({"double": lambda x: 2 * x * (1 + 1e-11)}, {"double": double})
    Agree(made, "test_it")("double", cases(1, 2))
    assert list(made.record.hooks) == ["double"]
    assert 0.0 < made.record.error_in_tolerances < 1.0
    assert made.record.wall_seconds >= 0.0


def test_the_first_case_that_differs_is_reported_and_all_are_counted(disagree):
    told = disagree(
        "double",
        cases(1, 2, 3, 4),
        student={"double": lambda x: 2 * x if len(x) < 3 else 0 * x},
        reference={"double": double},
    )
    assert told.outcome is Outcome.FAILED
    assert "case: size 3" in told.student
    assert "arguments: x: array of shape (3,), float64" in told.student
    assert told.student.endswith("2 of 4 cases differ")
    assert "got 0, expected 6" in told.instructor
    assert told.record.error_in_tolerances > 1e8


def test_one_case_alone_is_not_counted(disagree):
    told = disagree("double", cases(2), student={"double": lambda x: x}, reference={"double": double})
    assert "cases differ" not in told.student


def test_the_part_that_differs_has_the_contracts_name(disagree):
    told = disagree(
        "split", cases(3), student={"split": lambda x: (float(x.sum()), x)}, reference={"split": split}
    )
    assert told.student.startswith("split: `half` has wrong values in 3 of 3 entries")
    assert "half[2]: got 3, expected 1.5" in told.instructor


def test_a_missing_return_is_asked_for(disagree):
    told = disagree("double", cases(3), student={"double": lambda x: None}, reference={"double": double})
    assert "the result is None (is a `return` missing?)" in told.student


def test_a_tolerance_can_be_given(bench, disagree):
    off = {"double": lambda x: 2.001 * x}
    disagree("double", cases(2), student=off, reference={"double": double})
    loose = Tolerance(relative=1e-2, absolute=0.0)
    Agree(bench(off, {"double": double}), "test_it")("double", cases(2), loose)


def test_an_argument_that_is_changed_fails_although_the_value_is_right(disagree):
    def in_place(x):
        x *= 2
        return x

    told = disagree("double", cases(2), student={"double": in_place}, reference={"double": double})
    assert told.outcome is Outcome.FAILED
    assert "your `double` changes its argument `x`; the contract forbids it" in told.student
    assert told.record.error_in_tolerances == WORST


class TestRefusals:
    """Where the reference raises, the student must."""

    @pytest.mark.parametrize("error", [ValueError, UnicodeError, type("MyError", (ValueError,), {})])
    def test_the_same_type_or_a_subclass_agrees(self, bench, error):
        def refuse(x):
            if len(x) > 2:
                raise error("other words")
            return 2 * x

        made = bench({"double": refuse}, {"double": refuse_long})
        Agree(made, "test_it")("double", cases(2, 3))
        assert made.record.error_in_tolerances == 0.0

    @pytest.mark.parametrize("error", [Exception, RuntimeError, KeyError])
    def test_another_type_does_not(self, disagree, error):
        def refuse(x):
            if len(x) > 2:
                raise error("words")
            return 2 * x

        told = disagree("double", cases(2, 3), student={"double": refuse}, reference={"double": refuse_long})
        assert told.outcome is Outcome.FAILED
        assert f"your `double` must raise ValueError here; it raised {error.__name__}" in told.student
        assert "submission.py, line 3, in double" in told.student

    def test_a_value_does_not(self, disagree):
        told = disagree("double", cases(3), student={"double": double}, reference={"double": refuse_long})
        assert told.outcome is Outcome.FAILED
        assert "returned something where it must raise ValueError" in told.student

    @pytest.mark.parametrize(
        "error, outcome",
        [(NotImplementedError, Outcome.NOT_IMPLEMENTED), (MemoryError, Outcome.MEMORY)],
    )
    def test_what_has_an_outcome_of_its_own_keeps_it(self, disagree, error, outcome):
        def refuse(x):
            raise error

        told = disagree("double", cases(3), student={"double": refuse}, reference={"double": refuse_long})
        assert told.outcome is outcome

    def test_raising_where_the_reference_answers_is_an_error(self, disagree):
        told = disagree(
            "double", cases(2), student={"double": lambda x: 1 // 0}, reference={"double": refuse_long}
        )
        assert told.outcome is Outcome.ERROR
        assert "your `double` raised ZeroDivisionError" in told.student


@pytest.mark.parametrize(
    "kind, outcome, calls",
    [
        (AnswerKind.UNSENDABLE, Outcome.FAILED, 3),
        (AnswerKind.DIED, Outcome.ERROR, 3),
        (AnswerKind.TIMEOUT, Outcome.TIMEOUT, 1),
        (AnswerKind.OUT_OF_TIME, Outcome.TIMEOUT, 1),
        (AnswerKind.MISSING, Outcome.NOT_IMPLEMENTED, 1),
    ],
)
def test_every_kind_of_answer_ends_the_test_in_its_own_way(disagree, kind, outcome, calls):
    asked = []

    def odd(x):
        asked.append(x)
        return Answer(kind=kind, detail="for a reason")

    told = disagree(
        "double",
        cases(1, 2, 3),
        student={"double": odd},
        reference={"double": double},
        mutants={"wrong": {"double": lambda x: x}},
    )
    assert told.outcome is outcome
    assert "for a reason" in told.student
    assert told.cause is None
    assert len(asked) == calls


def test_a_time_out_after_a_wrong_answer_does_not_hide_it(disagree):
    def slow(x):
        return x if len(x) == 1 else Answer(kind=AnswerKind.TIMEOUT, detail="no answer within 1 s")

    told = disagree("double", cases(1, 2, 3), student={"double": slow}, reference={"double": double})
    assert told.outcome is Outcome.FAILED
    assert "case: size 1" in told.student
    assert "cases differ" not in told.student


def test_a_submission_that_is_not_written_yet_says_nothing_but_that(disagree):
    def todo(x):
        raise NotImplementedError("later")

    told = disagree("double", cases(1, 2), student={"double": todo}, reference={"double": double})
    assert told.outcome is Outcome.NOT_IMPLEMENTED
    assert told.student == "your `double` is not implemented yet"


def test_the_reference_is_asked_once_for_all_submissions(bench):
    made = bench({"double": double}, {"double": double})
    given = cases(1, 2)
    for _ in range(3):
        Agree(made, "test_it")("double", given)
        Agree(made, "test_it")("double", cases(1, 2))
    assert made.reference._implementation.calls == 2


def endless(x):
    return Answer(kind=AnswerKind.TIMEOUT, detail="no answer within 1 s")


@pytest.mark.parametrize(
    "reference, hook, given, told",
    [
        ({"double": double}, "doubel", [1], "the contract has no 'doubel', did you mean 'double'"),
        ({"double": double}, "double", [], "has no cases"),
        ({"double": lambda x: x.fill(0)}, "double", [1], "the reference's double changes its x"),
        ({"double": lambda x: 1 // 0}, "double", [1], "the reference's double raised ZeroDivisionError"),
        ({"double": endless}, "double", [1], "the reference's double fails: no answer within 1 s"),
        ({"double": lambda x: x * np.nan}, "double", [1], "holds NaN"),
        (None, "double", [1], "public tests have no reference"),
    ],
)
def test_the_authors_slips_are_content_errors(bench, reference, hook, given, told):
    made = bench({"double": double}, reference)
    with pytest.raises(ContentError, match=told.replace("(", r"\(")):
        Agree(made, "test_it")(hook, cases(*given))
