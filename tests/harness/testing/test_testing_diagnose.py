"""Naming the mistake by the mutant whose answers the student's are."""

# ruff: noqa: ARG001, ARG005 - a student's function has the contract's arguments, used or not

from __future__ import annotations

import numpy as np
import pytest

from torchgrade.remote.answers import Answer, AnswerKind
from torchgrade.testing import Case, Tolerance


def split(x):
    return float(x.sum()), x / 2


REFERENCE = {"split": split, "double": lambda x: 2 * x}


def cases(*sizes):
    return [Case(f"size {size}", x=np.arange(1.0, size + 1)) for size in sizes]


def no_total(x):
    return 0.0, x / 2


def no_half(x):
    return float(x.sum()), x


def test_the_mutant_that_answers_alike_on_all_cases_is_the_cause(disagree):
    told = disagree(
        "split",
        cases(1, 2, 3),
        student={"split": no_half},
        reference=REFERENCE,
        mutants={"no_total": {"split": no_total}, "no_half": {"split": no_half}},
    )
    assert (told.cause.mutant, told.cause.hint) == ("no_half", "your code is no_half")
    assert "mutant: no_half" in told.instructor
    assert "no_half" not in told.student


def test_a_mistake_of_ones_own_has_no_cause(disagree):
    told = disagree(
        "split",
        cases(2),
        student={"split": lambda x: (1.5, 3 * x)},
        reference=REFERENCE,
        mutants={"no_total": {"split": no_total}},
    )
    assert told.cause is None


def test_of_two_equal_mutants_the_one_that_names_the_test_is_preferred(disagree):
    mutants = {"a_first": {"killed_by": ["test_other"]}, "b_second": {"killed_by": ["test_it"]}}
    told = disagree(
        "double",
        cases(2),
        student={"double": lambda x: 3 * x},
        reference=REFERENCE,
        mutants={name: {**given, "double": lambda x: 3 * x} for name, given in mutants.items()},
    )
    assert told.cause.mutant == "b_second"


def test_two_mistakes_in_different_parts_are_both_named(disagree):
    told = disagree(
        "split",
        cases(1, 2),
        student={"split": lambda x: (0.0, x)},
        reference=REFERENCE,
        mutants={"no_total": {"split": no_total}, "no_half": {"split": no_half}},
    )
    assert told.cause.mutant == "no_total + no_half"
    assert told.cause.hint == "your code is no_total\nalso: your code is no_half"


def test_the_part_that_a_mutant_explains_is_named_beside_one_that_none_does(disagree):
    told = disagree(
        "split",
        cases(2, 3),
        student={"split": lambda x: (0.0, x**7)},
        reference=REFERENCE,
        mutants={"no_total": {"split": no_total}, "no_half": {"split": no_half}},
    )
    assert told.cause.mutant == "no_total"


def small_only(wrong):
    return lambda x: wrong if len(x) == 1 else 2 * x


def large_only(x):
    return x if len(x) == 3 else 2 * x


def test_two_mistakes_in_different_cases_name_the_one_that_explains_more(disagree):
    def both(x):
        return {1: np.zeros(1), 3: x, 4: x}.get(len(x), 2 * x)

    told = disagree(
        "double",
        cases(1, 2, 3, 4),
        student={"double": both},
        reference=REFERENCE,
        mutants={
            "small": {"double": small_only(np.zeros(1))},
            "large": {"double": lambda x: x if len(x) > 2 else 2 * x},
        },
    )
    assert told.cause.mutant == "large"


def test_a_mutant_that_is_wrong_where_the_student_is_right_is_not_the_cause(disagree):
    told = disagree(
        "double",
        cases(1, 2, 3),
        student={"double": large_only},
        reference=REFERENCE,
        mutants={"everywhere": {"double": lambda x: x}},
    )
    assert told.cause is None


def raising(error):
    def function(x):
        raise error

    return function


def test_an_exception_of_the_same_type_is_the_same_mistake(disagree):
    mutants = {
        "index": {"double": raising(IndexError("one"))},
        "recursion": {"double": raising(RecursionError("deep"))},
    }
    student = {"double": raising(RecursionError("deeper"))}
    told = disagree("double", cases(1, 2), student=student, reference=REFERENCE, mutants=mutants)
    assert told.cause.mutant == "recursion"


def test_writing_into_an_argument_is_told_from_a_wrong_value(disagree):
    def in_place(x):
        x *= 2
        return x

    mutants = {"wrong": {"double": lambda x: x}, "in_place": {"double": in_place}}
    told = disagree("double", cases(1, 2), student={"double": in_place}, reference=REFERENCE, mutants=mutants)
    assert told.cause.mutant == "in_place"


def test_the_same_overflow_is_the_same_mistake(disagree):
    def overflow(x):
        return np.array([np.nan, *x[1:]])

    told = disagree(
        "double",
        cases(2, 3),
        student={"double": overflow},
        reference=REFERENCE,
        mutants={"zeros": {"double": np.zeros_like}, "overflow": {"double": overflow}},
    )
    assert told.cause.mutant == "overflow"


def test_mutants_of_other_functions_are_not_even_asked(disagree):
    def never(x):
        raise AssertionError("asked")

    told = disagree(
        "double",
        cases(2),
        student={"double": lambda x: x},
        reference=REFERENCE,
        mutants={"other": {"split": never}, "same": {"double": lambda x: x}},
    )
    assert told.cause.mutant == "same"


def test_a_mutant_that_dies_or_hangs_explains_nothing(disagree):
    dead = Answer(kind=AnswerKind.DIED, detail="it died")
    slow = Answer(kind=AnswerKind.TIMEOUT, detail="it hangs")
    told = disagree(
        "double",
        cases(1, 2),
        student={"double": lambda x: dead},
        reference=REFERENCE,
        mutants={"dead": {"double": lambda x: dead}, "slow": {"double": lambda x: slow}},
    )
    assert told.cause is None


@pytest.mark.parametrize("tolerance, cause", [(None, None), (Tolerance(relative=0.0, absolute=0.2), "half")])
def test_what_counts_as_right_within_a_tolerance_counts_as_the_same_mistake_within_it(
    disagree, tolerance, cause
):
    """As with two trainings, which never come to the same digits."""
    told = disagree(
        "double",
        cases(2, 3),
        student={"double": lambda x: x / 2 + 0.1},
        reference=REFERENCE,
        mutants={"same": {"double": lambda x: x}, "half": {"double": lambda x: x / 2}},
        tolerance=tolerance,
    )
    assert (told.cause and told.cause.mutant) == cause
