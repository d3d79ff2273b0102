"""Comparing an answer with what was expected."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from torchgrade.errors import ContentError
from torchgrade.testing.compare import WORST, DifferenceKind, Tolerance, compare, describe_value

TIGHT = Tolerance(relative=1e-3, absolute=1e-6)
FLOATS = {"float64": 1e-9, "float32": 2e-5, "float16": 5e-3, "complex64": 2e-5, "complex128": 1e-9}


def kind(expected, got, **options):
    difference = compare(expected, got, **options).difference
    return None if difference is None else difference.kind


@pytest.mark.parametrize(
    "expected, got",
    [
        (1.5, 1.5),
        (1.5, np.array(1.5)),
        (np.array(1.5), 1.5),
        (np.float64(1.5), np.array(1.5)),
        (3, 3),
        (3, 3.0),
        (True, np.array(True)),
        (np.array(False), False),
        (None, None),
        ("text", "text"),
        (b"bytes", b"bytes"),
        ([1.0, 2.0], (1.0, 2.0)),
        ((), []),
        ({"a": 1.0, (1, 2): [2.0]}, {(1, 2): (2.0,), "a": 1.0}),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.array([math.inf, -math.inf]), np.array([math.inf, -math.inf])),
        (np.array([0.0]), np.array([-0.0])),
        (10**400, 10**400),
        (np.array([True, False]), np.array([True, False])),
        (1 + 2j, 1 + 2j),
    ],
)
def test_equal_values_agree_whatever_holds_them(expected, got):
    comparison = compare(expected, got)
    assert comparison.difference is None
    assert comparison.ratio == 0.0


@pytest.mark.parametrize(
    "expected, got, differs",
    [
        (np.zeros(3), None, "STRUCTURE"),
        (np.zeros(3), "zeros", "STRUCTURE"),
        (np.zeros(3), [0.0, 0.0, 0.0], "STRUCTURE"),
        ([0.0, 0.0], np.zeros(2), "STRUCTURE"),
        ((1.0, 2.0), (1.0,), "STRUCTURE"),
        ({"a": 1.0}, {"b": 1.0}, "STRUCTURE"),
        ({"a": 1.0}, [1.0], "STRUCTURE"),
        (1.0, True, "STRUCTURE"),
        (True, 1, "STRUCTURE"),
        (None, 0.0, "STRUCTURE"),
        ("1", 1, "STRUCTURE"),
        (1, "1", "STRUCTURE"),
        (1.0, {}, "STRUCTURE"),
        (True, False, "VALUE"),
        ("text", "test", "VALUE"),
        (3, 4, "VALUE"),
        (3, 3.5, "VALUE"),
        (2**70, 2**70 + 1, "VALUE"),
        (2**53, 2**53 + 1, "VALUE"),
        (np.array([2**53]), np.array([2**53 + 1]), "VALUE"),
        (0.5, 10**400, "FINITE"),
        (0.5, -(10**400), "FINITE"),
        (0.5, 2**64, "VALUE"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "SHAPE"),
        (np.zeros((2, 1)), np.zeros(2), "SHAPE"),
        (np.zeros(3), 0.0, "SHAPE"),
        (0.0, np.zeros(1), "SHAPE"),
        (np.zeros((0, 3)), np.zeros((3, 0)), "SHAPE"),
        (np.zeros(3), np.zeros(3, dtype=np.float32), "DTYPE"),
        (np.zeros(3), np.zeros(3, dtype=np.int64), "DTYPE"),
        (0.5, np.array(0.5, dtype=np.float32), "DTYPE"),
        (np.array([1.0]), np.array([math.nan]), "FINITE"),
        (np.array([1.0]), np.array([math.inf]), "FINITE"),
        (np.array([math.inf]), np.array([1.0]), "FINITE"),
        (np.array([math.inf]), np.array([-math.inf]), "FINITE"),
        (np.array([math.inf]), np.array([math.nan]), "FINITE"),
        (np.array([1.0, 2.0]), np.array([1.0, 2.1]), "VALUE"),
        (np.array([True, False]), np.array([True, True]), "VALUE"),
        (np.array([1, 2]), np.array([1, 3]), "VALUE"),
        (np.array([5, 6], dtype=np.uint8), np.array([6, 5], dtype=np.uint8), "VALUE"),
        (np.array([1 + 1j]), np.array([1 - 1j]), "VALUE"),
    ],
)
def test_the_first_thing_that_differs_is_named(expected, got, differs):
    comparison = compare(expected, got)
    assert comparison.difference is not None
    assert comparison.difference.kind is DifferenceKind[differs]
    assert comparison.ratio > 1.0
    assert math.isfinite(comparison.ratio)


def test_the_order_is_structure_shape_dtype_finite_values():
    expected = np.ones((2, 3))
    assert kind(expected, np.full((3, 2), np.nan, dtype=np.float32)) is DifferenceKind.SHAPE
    assert kind(expected, np.full((2, 3), np.nan, dtype=np.float32)) is DifferenceKind.DTYPE
    got = np.ones((2, 3))
    got[0, 0], got[1, 1] = 7.0, np.nan
    assert kind(expected, got) is DifferenceKind.FINITE


def test_parts_are_named_and_the_first_that_differs_is_reported_with_the_worst_ratio():
    expected = (np.ones(2), [np.ones(2), np.ones(3)])
    got = (np.ones(2), [np.ones(2) * (1 + 1e-8), np.zeros(3)])
    comparison = compare(expected, got, names=("loss", "gradients"))
    assert comparison.difference.where == "gradients[0]"
    assert comparison.ratio > 1e8
    assert compare({"a": 1.0}, {"a": 2.0}).difference.where == "the result['a']"


def test_a_difference_tells_where_the_worst_entry_is():
    expected = np.array([[1.0, 2.0], [3.0, 4.0]])
    got = np.array([[1.0, 2.5], [3.0, 7.0]])
    difference = compare(expected, got).difference
    assert difference.index == (1, 1)
    assert (difference.got_value, difference.expected_value) == ("7", "4")
    assert (difference.count, difference.size) == (2, 4)
    assert difference.error_in_sizes == pytest.approx(3.0 / math.sqrt(7.5))


@pytest.mark.parametrize("expected", [1.0, 123456.789, 1e-5])
def test_two_values_are_written_so_that_they_can_be_told_apart(expected):
    difference = compare(expected, expected * (1 + 5e-9)).difference
    assert difference.got_value != difference.expected_value


def test_long_text_is_cut_where_it_is_written():
    difference = compare("a" * 10_000_000, "b" * 10_000_000).difference
    assert len(difference.got_value) < 100
    assert len(compare(10**2000, 10**2001).difference.got_value) < 100


@pytest.mark.parametrize("dtype", FLOATS)
def test_each_dtype_has_its_own_tolerance_on_both_sides_of_the_edge(dtype):
    expected = np.ones(4, dtype=dtype)
    allowed = 2 * FLOATS[dtype]  # |1| + rms(1)
    just_inside = (expected + dtype_of(dtype)(0.9 * allowed)).astype(dtype)
    just_outside = (expected + dtype_of(dtype)(1.5 * allowed)).astype(dtype)
    assert compare(expected, just_inside).difference is None
    assert kind(expected, just_outside) is DifferenceKind.VALUE


def dtype_of(name):
    return np.dtype(name).type


def test_the_size_of_the_whole_array_makes_room_for_small_entries():
    expected = np.array([1000.0, 0.0])
    assert compare(expected, np.array([1000.0, 1e-7])).difference is None
    assert kind(np.array([1.0, 0.0]), np.array([1.0, 1e-7])) is DifferenceKind.VALUE


def test_integers_and_truth_values_have_no_tolerance_unless_one_is_given():
    assert kind(np.array([10**6]), np.array([10**6 + 1])) is DifferenceKind.VALUE
    assert kind(np.array([10**6]), np.array([10**6 + 1]), tolerance=TIGHT) is None
    assert kind(10**6, 10**6 + 1, tolerance=TIGHT) is None
    assert kind(10**6, 10**7, tolerance=TIGHT) is DifferenceKind.VALUE


numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
arrays = hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), elements=numbers)


@given(expected=arrays, data=st.data())
def test_below_the_tolerance_passes_and_above_it_fails(expected, data):
    share = data.draw(st.floats(-0.999, 0.999))
    index = data.draw(st.tuples(*(st.integers(0, side - 1) for side in expected.shape)))
    allowed = 1e-3 * (np.abs(expected) + math.sqrt(np.mean(expected**2))) + 1e-6

    inside = expected + share * allowed
    assert compare(expected, inside, tolerance=TIGHT).difference is None
    assert compare(expected, inside, tolerance=TIGHT).ratio <= 1.0

    outside = expected.copy()
    outside[index] += math.copysign(1.001, share) * allowed[index]
    comparison = compare(expected, outside, tolerance=TIGHT)
    assert comparison.difference.kind is DifferenceKind.VALUE
    assert comparison.difference.index == index
    assert comparison.difference.count == 1
    assert comparison.ratio == pytest.approx(1.001, rel=1e-6)


@given(
    expected=arrays, data=st.data(), tolerance=st.sampled_from([None, Tolerance(relative=1e9, absolute=1e9)])
)
def test_nan_never_passes(expected, data, tolerance):
    index = data.draw(st.tuples(*(st.integers(0, side - 1) for side in expected.shape)))
    got = expected.copy()
    got[index] = math.nan
    assert kind(expected, got, tolerance=tolerance) is DifferenceKind.FINITE


def test_an_expected_nan_is_the_authors_fault_and_matches_only_to_recognise_a_mistake():
    expected, got = np.array([1.0, np.nan]), np.array([1.0, np.nan])
    with pytest.raises(ContentError, match="NaN"):
        compare(expected, got)
    assert kind(expected, got, nan_matches=True) is None
    assert kind(expected, np.array([np.nan, 1.0]), nan_matches=True) is DifferenceKind.FINITE


def test_recognising_a_mistake_does_not_take_infinity_for_a_large_number():
    mutant = np.array([np.nan, np.inf, 1.0])
    assert kind(mutant, np.array([np.nan, np.inf, 2.0]), nan_matches=True) is DifferenceKind.VALUE
    assert kind(mutant, np.array([np.nan, 1e308, 1.0]), nan_matches=True) is DifferenceKind.FINITE


def test_what_is_no_value_cannot_be_expected():
    with pytest.raises(ContentError, match="object"):
        compare(object(), 1.0)


@pytest.mark.parametrize(
    "dtype, large",
    [
        ("float64", 1.5e308),
        ("float32", 3e38),
        ("float16", 60_000),
        ("complex128", 1.5e308),
        ("complex64", 3e38),
    ],
)
def test_values_near_the_end_of_their_range_are_judged_like_others(dtype, large):
    expected = np.array([large, large], dtype=dtype)
    assert compare(expected, expected * dtype_of(dtype)(1)).difference is None
    for got in (-expected, expected * dtype_of(dtype)(0.5), expected * dtype_of(dtype)(0)):
        comparison = compare(expected, got)
        assert comparison.difference.kind is DifferenceKind.VALUE
        assert 1.0 < comparison.ratio <= WORST
        assert math.isfinite(comparison.difference.error_in_sizes)


@given(
    expected=hnp.arrays(np.float64, 3, elements=st.floats(allow_nan=False)),
    got=hnp.arrays(np.float64, 3, elements=st.floats()),
)
@example(expected=np.full(3, 2e-311), got=np.ones(3))
@example(expected=np.array([1e308, -1e308, 0.0]), got=np.array([-1e308, 1e308, np.nan]))
def test_any_floats_compare_without_warning_and_with_a_finite_ratio(expected, got):
    comparison = compare(expected, got)
    assert 0.0 <= comparison.ratio <= WORST
    if np.array_equal(expected, got):
        assert comparison.difference is None
    if comparison.difference is not None:
        assert comparison.ratio > 1.0
        assert math.isfinite(comparison.difference.error_in_sizes)


@given(scale=st.sampled_from([1e-300, 1e-160, 1.0, 1e160, 1e300]), share=st.floats(0.0, 3.0))
def test_the_verdict_does_not_depend_on_the_scale(scale, share):
    assume(abs(share - 1.0) > 1e-3)
    tolerance = Tolerance(relative=1e-3, absolute=0.0)
    expected = np.array([1.0, 1.0]) * scale
    got = expected * (1 + 2e-3 * share)
    assert (compare(expected, got, tolerance=tolerance).difference is None) is (share < 1.0)


def test_a_ratio_without_end_is_the_largest_float():
    exact = Tolerance(relative=0.0, absolute=0.0)
    assert compare(0.0, 1.0, tolerance=exact).ratio == WORST
    assert compare(np.ones(2), np.full(2, np.nan)).ratio == WORST
    assert compare(np.ones(2), None).ratio == WORST
    assert compare(0.0, 1e-300).ratio < 1.0


def test_a_dictionary_with_other_keys_is_told_from_one_of_another_size():
    assert "other keys" in compare({"a": 1}, {"b": 1}).difference.got
    assert "other keys" not in compare({"a": 1}, {"b": 1, "c": 2}).difference.got


@pytest.mark.parametrize(
    "value, text",
    [
        (None, "None"),
        (np.zeros((2, 3), dtype=np.float32), "array of shape (2, 3), float32"),
        ([1, 2], "list of 2"),
        ((), "tuple of 0"),
        ({"secret": 1}, "dictionary of 1"),
        (0.123456, "float"),
        ("secret", "str"),
    ],
)
def test_a_value_is_described_without_itself(value, text):
    assert describe_value(value) == text


class TestTensors:
    torch = pytest.importorskip("torch")

    @pytest.mark.parametrize("name", ["float64", "float32", "float16", "bfloat16", "int64", "bool"])
    def test_tensors_of_every_dtype_compare(self, name):
        expected = self.torch.ones(3, dtype=getattr(self.torch, name))
        assert compare(expected, expected.clone()).difference is None
        difference = compare(expected, self.torch.zeros_like(expected)).difference
        assert difference.kind is DifferenceKind.VALUE

    def test_the_tolerance_of_bfloat16_is_its_own(self):
        expected = self.torch.ones(4, dtype=self.torch.bfloat16)
        assert kind(expected, expected * 1.05) is None
        assert kind(expected, expected * 1.1) is DifferenceKind.VALUE

    def test_a_tensor_is_no_array_and_no_number(self):
        tensor = self.torch.ones(())
        assert kind(tensor, np.ones(())) is DifferenceKind.STRUCTURE
        assert kind(np.ones(()), tensor) is DifferenceKind.STRUCTURE
        assert kind(1.0, tensor) is DifferenceKind.STRUCTURE

    def test_tensors_differ_in_dtype_and_shape_like_arrays(self):
        expected = self.torch.ones(2)
        assert kind(expected, expected.double()) is DifferenceKind.DTYPE
        assert kind(expected, self.torch.ones(2, 1)) is DifferenceKind.SHAPE
        assert describe_value(expected) == "tensor of shape (2,), float32"
