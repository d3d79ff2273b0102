"""How a wrong array relates to the right one."""

import numpy as np
import pytest

from torchgrade.testing.compare import compare
from torchgrade.testing.messages import describe_difference
from torchgrade.testing.relation import relation

RIGHT = np.random.default_rng(3).standard_normal((4, 4))


@pytest.mark.parametrize(
    "given, told",
    [
        (-RIGHT, "every entry has the opposite sign"),
        (2 * RIGHT, "every entry is 2 × the right one"),
        (RIGHT / 7, "every entry is 0.1429 × the right one"),
        (np.zeros_like(RIGHT), "every entry is zero"),
        (RIGHT.T, "it is the transpose of the right one"),
        (RIGHT + 1, ""),
        (RIGHT.astype(np.float32), ""),
        (RIGHT * [1, 1, 1, -1], ""),
        (np.full_like(RIGHT, np.nan), ""),
    ],
)
def test_a_simple_relation_is_named(given, told):
    assert relation(RIGHT, given) == told


@pytest.mark.parametrize(
    "right, given",
    [
        (np.array([1.0, 2.0]), np.array([-1.0, -2.0])),
        (np.zeros(5), np.ones(5)),
        (np.array([1, 2, 3]), np.array([-1, -2, -3])),
        (np.array([1.0, np.inf, 2.0]), np.array([-1.0, 1.0, -2.0])),
        (np.full(4, 1e300), np.full(4, -1e300)),
    ],
)
def test_where_nothing_can_be_told_nothing_is_said(right, given):
    assert relation(right, given) == ""


def test_a_student_with_a_wrong_sign_is_told_so():
    difference = compare(RIGHT, -RIGHT, where="dw").difference
    assert describe_difference(difference).endswith(": every entry has the opposite sign")


def test_a_part_without_a_name_is_called_by_its_place_in_the_result():
    difference = compare([RIGHT, RIGHT], [RIGHT, RIGHT + 1]).difference
    assert describe_difference(difference).startswith("`result[1]` has wrong values in 16 of 16 entries")
