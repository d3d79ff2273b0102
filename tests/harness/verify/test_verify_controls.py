"""Negative controls: of the right form, and never right."""

from __future__ import annotations

import numpy as np
import pytest

from torchgrade.contract import load_contract
from torchgrade.remote.answers import Answer, AnswerKind, Call, Raised
from torchgrade.testing.bench import AnswerBook
from torchgrade.testing.compare import DifferenceKind, compare
from torchgrade.verify.controls import CONTROLS, Control, NoneControl

HOOK = load_contract(
    "from torchgrade import hookspec\n@hookspec(firstresult=True)\ndef f(x): ...\n", "contract.py"
).hooks["f"]
DTYPES = [
    "bool",
    "int8",
    "int64",
    "uint8",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]


class Fixed:
    def __init__(self, **answer):
        self.given = Answer(**answer)

    def answer(self, _):
        return self.given


def control(name, value, x=None):
    book = AnswerBook(Fixed(kind=AnswerKind.VALUE, value=value))
    call = Call(HOOK, (np.arange(3.0) if x is None else x,))
    return Control(book, CONTROLS[name]).answer(call)


@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (0, 3)])
def test_a_control_has_the_dtype_of_the_right_answer_whatever_that_is(name, dtype, shape):
    right = np.full(shape, 7, dtype=dtype)
    made = control(name, right).value
    assert made.dtype == right.dtype
    if name != "the input":
        assert made.shape == right.shape


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_keeps_the_structure_and_is_wrong(name):
    right = {"a": (3.25, [np.array([5.5, 6.5])]), "b": 12, "c": "text"}
    made = control(name, right).value
    assert made.keys() == right.keys()
    assert type(made["a"]) is tuple
    assert type(made["a"][0]) is float
    assert type(made["b"]) is int
    assert compare(right, made).difference is not None
    for key, value in right.items():
        assert compare(value, made[key]).difference is not None


@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.parametrize("x", [np.zeros((0, 2)), np.array(1.5), [np.ones(2)], "no array", 3])
def test_a_control_of_a_number_needs_no_array_to_be_made_from(name, x):
    assert type(control(name, 0.5, x).value) is float
    assert type(control(name, True, x).value) is bool
    assert type(control(name, 10**30, x).value) is int


def test_the_input_is_an_argument_of_the_same_shape_if_there_is_one():
    x = [np.ones(2), np.full((2, 2), 3.0)]
    np.testing.assert_array_equal(control("the input", np.zeros((2, 2)), x).value, np.full((2, 2), 3.0))
    np.testing.assert_array_equal(control("the input", np.zeros(2), x).value, np.ones(2))


def test_the_input_is_a_copy():
    x = np.ones(2)
    control("the input", np.zeros(2), x).value[:] = 9.0
    np.testing.assert_array_equal(x, np.ones(2))


@pytest.mark.parametrize("name", CONTROLS)
def test_where_the_reference_refuses_a_control_answers(name):
    refusal = Fixed(kind=AnswerKind.RAISED, raised=Raised(types=("ValueError",), message=""))
    answer = Control(AnswerBook(refusal), CONTROLS[name]).answer(Call(HOOK, (1.0,)))
    assert answer.kind is AnswerKind.VALUE


def test_none_is_an_answer_to_everything():
    answer = NoneControl().answer(Call(HOOK, (1.0,)))
    assert (answer.kind, answer.value) == (AnswerKind.VALUE, None)


@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "int64", "bool"])
def test_a_tensor_stays_one_and_is_wrong(name, dtype):
    torch = pytest.importorskip("torch")
    right = torch.tensor([7, 0, 1, 1]).to(getattr(torch, dtype))
    made = control(name, right, right[:1]).value
    assert made.dtype == right.dtype
    assert compare(right, made).difference is not None
    if name in {"nothing", "the mean"} and dtype == "float32":
        assert compare(right, made).difference.kind in {DifferenceKind.FINITE, DifferenceKind.VALUE}
