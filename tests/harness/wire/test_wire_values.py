"""What may cross the wire crosses unchanged; what may not is refused with a sentence."""

from __future__ import annotations

import collections
import enum
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from torchgrade.wire import Handle, WireError, pack, pack_named, unpack
from torchgrade.wire.values import (
    ARRAY_DTYPES,
    ARRAY_LIMIT,
    BIG_INTEGER_DIGITS,
    CONTAINER_LIMIT,
    DEPTH_LIMIT,
    FORGEABLE_KEY_LIMIT,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers() | st.integers(2**63 - 2, 2**64 + 2) | st.integers(-(2**80), -(2**62))
ATOMS = st.none() | st.booleans() | INTEGERS | st.floats() | TEXT | st.binary(max_size=40)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
DTYPES = st.sampled_from(sorted(ARRAY_DTYPES))
ARRAYS = DTYPES.flatmap(lambda name: hnp.arrays(ARRAY_DTYPES[name], SHAPES))
HASHABLE = st.recursive(
    TEXT | INTEGERS | st.booleans(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
LONG = st.integers(60, 90).flatmap(
    lambda size: st.lists(st.tuples(TEXT, INTEGERS, st.floats()), min_size=size, max_size=size)
)
VALUES = st.recursive(
    ATOMS | ARRAYS | LONG,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=VALUES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_value_arrives_as_it_was_sent(value, cross, same):
    assert same(value, cross(value))


@given(value=ATOMS)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_that_is_no_container_arrives_alone(value, cross, same):
    assert same(value, cross(value))


@pytest.mark.parametrize(
    "number",
    [0.0, -0.0, float("inf"), -float("inf"), float("nan"), 5e-324, 2**64, -(2**63) - 1, 16**1999, True],
    ids=repr,
)
def test_numbers_at_the_edge_keep_type_and_sign(number, cross, same):
    assert same([number, (number,)], cross([number, (number,)]))


@pytest.mark.parametrize("name", sorted(ARRAY_DTYPES))
def test_scalars_of_numpy_arrive_as_arrays_of_shape_empty(name, cross):
    scalar = ARRAY_DTYPES[name].type(1)

    arrived = cross(scalar)

    assert type(arrived) is np.ndarray
    assert (arrived.shape, arrived.dtype) == ((), scalar.dtype)
    assert arrived == scalar


def test_every_integer_type_of_the_platform_counts_as_the_integer_of_its_size(cross):
    assert cross(np.longlong(5)).dtype == np.int64
    assert cross(np.zeros(2, dtype=np.ulonglong)).dtype == np.uint64


BASE = np.arange(60, dtype=np.float64).reshape(3, 4, 5)


@pytest.mark.parametrize(
    "array",
    [
        BASE.transpose(2, 0, 1),
        BASE[:, ::2, ::-1],
        BASE[1:1],
        np.asfortranarray(BASE),
        np.broadcast_to(BASE[0], (6, 4, 5)),
        BASE[0, 0, ::3],
        np.array(7, dtype=np.int8),
        np.ones((1, 1, 1)),
        np.array([[True, False]]).T,
        np.zeros((0, 3), order="F"),
        (BASE + 1j * BASE)[..., ::2].imag,
    ],
)
def test_an_array_in_any_layout_arrives_with_its_values(array, cross, same):
    assert same(array, cross(array))


def test_a_layout_is_made_again_so_that_code_for_contiguous_arrays_is_found_out(cross):
    assert cross(np.asfortranarray(BASE)).flags.f_contiguous
    assert not cross(np.asfortranarray(BASE)).flags.c_contiguous
    assert cross(BASE).flags.c_contiguous
    strided = cross(BASE[..., ::2])
    assert not strided.flags.c_contiguous
    assert not strided.flags.f_contiguous


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_reading_past_a_strided_view_meets_nan(dtype, cross):
    view = cross(BASE.astype(dtype)[..., ::2])

    beside = view.base[..., 1::2]

    assert np.isnan(beside).all()


def test_what_arrives_may_be_written_to(cross):
    arrived = cross([BASE, BASE[..., ::2], np.zeros(())])

    for array in arrived:
        array[...] = 1
        assert (array == 1).all()


def test_arrays_larger_than_the_socket_arrive(cross, same):
    value = {"large": np.arange(1_000_000.0), "small": np.arange(3), "next": np.arange(200_000)[::2]}

    assert same(value, cross(value))


def test_long_lists_of_tuples_arrive_as_lists_of_tuples(cross, same):
    graph = [("add", (i, i + 1), None) for i in range(5_000)]

    assert same(graph, cross(graph))
    assert same(tuple(graph), cross(tuple(graph)))
    assert same([*graph, [1]], cross([*graph, [1]]))


def test_submissions_larger_than_a_header_arrive(cross):
    files = {"large.py": bytes(20 * 1024 * 1024), "empty.py": b""}

    assert cross(files) == files


class Celsius(float):
    pass


class Colour(enum.IntEnum):
    RED = 1


Point = collections.namedtuple("Point", "x y")  # noqa: PYI024 - what students write


@pytest.mark.parametrize(
    "value, sentence",
    [
        ({1, 2}, "the value is of type set, which cannot be returned"),
        ((i for i in "ab"), "the value is of type generator, which cannot be returned"),
        ([1, [Celsius(3)]], r"the value\[1\]\[0\] is of type .*Celsius, .*; a plain float can"),
        (Colour.RED, "a plain int can"),
        (Point(1, 2), "Point, which cannot be returned; a plain tuple can"),
        (collections.OrderedDict(a=1), r"collections.OrderedDict, .*; a plain dict can"),
        (collections.deque([1]), "of type collections.deque"),
        (np.ma.masked_array([1.0], [True]), "MaskedArray, which cannot be returned; a plain ndarray can"),
        (np.array([{}, None]), "an array of dtype object, which cannot be returned"),
        (np.array(["a"]), "an array of dtype <U1"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), "an array of dtype datetime64"),
        (np.zeros(2, dtype=[("a", "f8")]), "an array of dtype .*a.*, which cannot"),
        (np.zeros(2, dtype=">f8"), "an array of dtype >f8"),
        (np.longdouble(1), "longdouble|float128|float96"),
        (np.zeros((1,) * 33), "33 axes; at most 32"),
        ({"weights": {"bias": {1.5: 2}}}, r"the value\['weights'\]\['bias'\] has a key of type float"),
        ({None: 1}, "has a key of type NoneType"),
        ({"k" * 500: object()}, r"the value\['k{40}'\] is of type object"),
        ({10**5000: object()}, r"the value\[…\] is of type object"),
        (object, "of type type"),
        (1j, "of type complex"),
        (memoryview(b"a"), "of type memoryview"),
        (16**BIG_INTEGER_DIGITS, f"more than {BIG_INTEGER_DIGITS} hex digits"),
        ("half a pair: \ud800", "cannot be written: .*surrogates not allowed"),
        (["x" for _ in range(70)] + [("\udfff",)], "cannot be written: .*surrogates not allowed"),
    ],
)
def test_what_cannot_cross_is_refused_with_its_place_and_type(value, sentence, cross):
    with pytest.raises(WireError, match=sentence):
        cross(value)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_is_refused():
    with pytest.raises(WireError, match="matrix, which cannot be returned; a plain ndarray can"):
        pack(np.matrix([[1.0]]))


def nested(depth):
    value: Any = [()]
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_is_bounded(cross, same):
    assert same(nested(DEPTH_LIMIT - 2), cross(nested(DEPTH_LIMIT - 2)))
    with pytest.raises(WireError, match=f"nested more than {DEPTH_LIMIT} levels deep"):
        pack(nested(DEPTH_LIMIT + 1))


def test_a_list_that_holds_itself_is_refused():
    value = []
    value.append(value)

    with pytest.raises(WireError, match="levels deep"):
        pack(value)


def test_a_value_that_repeats_its_parts_without_end_is_refused():
    value: Any = [[1.0], [2.0]]
    for _ in range(50):
        value = [value, value]

    with pytest.raises(WireError, match=f"more than {CONTAINER_LIMIT} lists"):
        pack(value)


def test_too_many_arrays_are_refused():
    with pytest.raises(WireError, match=f"more than {ARRAY_LIMIT} arrays.*stack them"):
        pack([np.float64(0)] * (ARRAY_LIMIT + 1))


def test_too_many_tuples_as_keys_are_refused():
    table = {(i, i): 0.0 for i in range(FORGEABLE_KEY_LIMIT + 1)}

    with pytest.raises(WireError, match="tuples as keys"):
        pack(table)
    table.popitem()
    assert unpack(pack(table).tree, ()) == table


def test_a_table_of_many_numbers_as_keys_may_cross(cross):
    table = {i: f"token {i}" for i in range(50_257)}

    assert cross(table) == table


def test_parts_are_called_by_their_names():
    with pytest.raises(WireError, match=r"the gradients\[0\] is of type set"):
        pack_named([("the loss", 1.0), ("the gradients", [set()])])
    assert pack_named([("a", 1), ("b", (2,))]) == pack([1, (2,)])


def test_an_object_stays_behind_where_it_is_known():
    class Optimiser:
        pass

    known = Optimiser()

    def keep(value):
        return Handle(7) if value is known else None

    assert unpack(pack([known, 1], keep).tree, ()) == [Handle(7), 1]
    assert unpack(pack([known, 1], keep).tree, (), resolve=lambda handle: handle.number * 2) == [14, 1]
    with pytest.raises(WireError, match=r"the value\[0\] is of type .*Optimiser"):
        pack([Optimiser()], keep)


def test_a_wire_without_tensors_imports_no_torch():
    code = (
        "import sys; from torchgrade.wire import pack, unpack; p = pack([1, b'x']);"
        "unpack(p.tree, p.arrays); sys.exit('torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
