"""Cases: reproducible from a seed, made once, complained about with a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchgrade.contract import load_contract
from torchgrade.errors import ContentError
from torchgrade.testing import Case, Draw
from torchgrade.testing.cases import CaseBook, CaseFunctions

CONTRACT = """
from torchgrade import hookspec

@hookspec(firstresult=True)
def first(a, b): ...

@hookspec(firstresult=True)
def second(b, a): ...
"""
SEED = bytes(range(32))


@pytest.fixture(scope="module")
def contract():
    return load_contract(CONTRACT, "contract.py")


@pytest.fixture
def functions(tmp_path):
    def write(text, seed=SEED):
        (tmp_path / "cases.py").write_text(text)
        return CaseFunctions(tmp_path, seed)

    return write


def drawn(seed, name):
    draw = Draw(seed, name)
    return (
        draw.normal(3, 2).tobytes(),
        draw.uniform(0.0, 1.0, 4).tobytes(),
        draw.integers(0, 10**9, 5).tobytes(),
        draw.sizes(3, 1, 100),
    )


def test_the_same_seed_and_test_draw_the_same():
    assert drawn(SEED, "test_a") == drawn(SEED, "test_a")


def test_another_seed_or_another_test_draws_something_else():
    assert len({drawn(SEED, "test_a"), drawn(SEED, "test_b"), drawn(b"x" * 32, "test_a")}) == 3


@given(seed=st.binary(min_size=1, max_size=64), name=st.text())
def test_any_seed_and_name_can_be_drawn_from(seed, name):
    assert Draw(seed, name).normal(2).shape == (2,)


def test_draws_have_the_promised_dtypes_shapes_and_ranges():
    draw = Draw(SEED, "test")
    assert np.asarray(draw.normal()).shape == ()
    assert np.asarray(draw.normal()).dtype == np.float64
    assert draw.normal(500, scale=100.0).std() > 50.0
    values = draw.uniform(2.0, 3.0, 100)
    assert values.dtype == np.float64
    assert np.all((values >= 2.0) & (values < 3.0))
    whole = draw.integers(3, 5, 100)
    assert whole.dtype == np.int64
    assert set(whole.tolist()) == {3, 4}


@given(name=st.text(max_size=5), count=st.integers(2, 6), classes=st.integers(2, 4))
def test_labels_have_at_least_two_classes(name, count, classes):
    labels = Draw(SEED, name).labels(count, classes)
    assert labels.dtype == np.int64
    assert labels.shape == (count,)
    assert 0 <= labels.min() < labels.max() < classes


def test_sizes_are_all_different_and_never_too_few():
    draw = Draw(SEED, "test")
    for _ in range(50):
        sizes = draw.sizes(4, 2, 5)
        assert sorted(sizes) == [2, 3, 4, 5]
        assert all(type(size) is int for size in sizes)
    with pytest.raises(ValueError, match="no 5 different sizes from 2 to 5"):
        draw.sizes(5, 2, 5)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 0), (4, 1)])
def test_a_strided_view_has_the_same_values_in_another_layout(shape):
    draw = Draw(SEED, "test")
    array = np.asarray(draw.normal(*shape))
    view = draw.strided(array)
    np.testing.assert_array_equal(view, array)
    assert view.dtype == array.dtype
    assert view.flags.c_contiguous is (array.size <= 1 or array.ndim == 0)


def test_a_case_is_prepared_once_for_each_hook_and_in_its_order(contract):
    case = Case("plain", b=2, a=1)
    call = case.call(contract.hooks["first"])
    assert call.arguments == (1, 2)
    assert case.call(contract.hooks["first"]) is call
    assert case.call(contract.hooks["second"]).arguments == (2, 1)


@pytest.mark.parametrize("arguments", [{}, {"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "B": 2}])
def test_a_case_with_other_names_than_the_contracts_is_the_authors_fault(contract, arguments):
    with pytest.raises(ContentError, match=r"case 'odd' has .* not first\(a, b\)"):
        Case("odd", **arguments).call(contract.hooks["first"])


def test_a_case_may_have_an_argument_named_category():
    assert Case("shown", category="hidden").arguments == {"category": "hidden"}


def test_cases_are_made_once_a_test_and_alike_for_the_same_seed(functions):
    text = """
from torchgrade.testing import Case
made = []
def some(draw, count=2):
    made.append(count)
    return [Case(f"{len(made)}", x=draw.normal(3)) for _ in range(count)]
"""
    book = functions(text)
    one, two = CaseBook(book, "test_one"), CaseBook(book, "test_two")
    first = one.some()
    assert one.some() is first
    assert [case.category for case in two.some()] == ["2", "2"]
    assert len(one.some(3)) == 3
    again = CaseBook(functions(text), "test_one").some()
    np.testing.assert_array_equal(again[0].arguments["x"], first[0].arguments["x"])
    assert not np.array_equal(two.some()[0].arguments["x"], first[0].arguments["x"])
    assert not np.array_equal(one.some(3)[0].arguments["x"], first[0].arguments["x"])


def test_an_unknown_function_is_named_with_the_nearest_one(functions):
    with pytest.raises(ContentError, match="has no function 'affin', did you mean 'affine'"):
        CaseBook(functions("def affine(draw): return []"), "test").affin()


def test_what_cases_py_imports_is_no_function_of_cases(functions):
    with pytest.raises(ContentError, match="has no function 'Case'"):
        CaseBook(functions("from torchgrade.testing import Case"), "test").Case()


def test_a_broken_cases_py_is_named(functions):
    with pytest.raises(ContentError, match=r"cases\.py cannot be imported: ZeroDivisionError"):
        functions("1 / 0")


def test_a_folder_without_cases_py_has_none(tmp_path):
    with pytest.raises(ContentError, match="has no function 'some'"):
        CaseBook(CaseFunctions(tmp_path, SEED), "test").some()


def test_cases_py_may_hold_dataclasses(functions):
    text = """
from __future__ import annotations
from dataclasses import dataclass
from torchgrade.testing import Case

@dataclass(frozen=True)
class Shape:
    rows: int

def some(draw):
    return [Case(f"{Shape(rows=2)}")]
"""
    assert CaseBook(functions(text), "test").some()[0].category == "Shape(rows=2)"
