"""What an author declares in ``budgets.py``: each mistake has its own sentence."""

from __future__ import annotations

import pytest

from torchgrade.budget.declaration import load_budgets
from torchgrade.contract import load_contract
from torchgrade.errors import ContentError

CONTRACT = """
from torchgrade import hookspec
from torchgrade.contract import returns_object

@hookspec(firstresult=True)
def smooth(x): ...

@hookspec(firstresult=True)
@returns_object("step")
def make_optimizer(rate): ...
"""
FIELDS = {
    "name": "'smooth_time'",
    "title": "'time of smoothing'",
    "call": "'smooth'",
    "inputs": "lambda draw: {'x': draw.normal(4)}",
    "full_marks": "2.0",
    "zero_marks": "8.0",
    "points": "5",
}


def budget(**changes):
    given = ", ".join(f"{name}={text}" for name, text in {**FIELDS, **changes}.items())
    return f"Budget({given})"


@pytest.fixture
def load(tmp_path):
    contract = load_contract(CONTRACT, "contract.py")
    path = tmp_path / "budgets.py"

    def load(text):
        path.write_text(f"from torchgrade.budget import Budget\n{text}\n", encoding="utf-8")
        return load_budgets(path, contract)

    return load


def test_an_assignment_needs_no_budgets(tmp_path):
    assert load_budgets(tmp_path / "budgets.py", load_contract(CONTRACT, "contract.py")) == ()


def test_what_is_declared_is_read_in_order(load):
    second = budget(name="'smooth_memory'", measures="'memory'", threads="2")
    time, memory = load(f"BUDGETS = ({budget()}, {second})")
    assert (time.id, time.measures, time.device, time.threads) == ("budget_smooth_time", "time", "cpu", 1)
    assert (memory.id, memory.measures, memory.threads) == ("budget_smooth_memory", "memory", 2)


def test_declarations_may_define_data_classes(load):
    text = f"""
from dataclasses import dataclass

@dataclass
class Sizes:
    rows: int

BUDGETS = ({budget(points="Sizes(rows=3).rows")},)
"""
    assert [found.points for found in load(text)] == [3]


@pytest.mark.parametrize(
    "text", ["", f"BUDGETS = [{budget()}]", "BUDGETS = ('smooth_time',)", f"BUDGETS = {budget()}"]
)
def test_anything_but_a_tuple_of_budgets_is_refused(load, text):
    with pytest.raises(
        ContentError, match=r"budgets\.py: BUDGETS must be a tuple of torchgrade\.budget\.Budget"
    ):
        load(text)


@pytest.mark.parametrize("text", ["BUDGETS = (", "1 / 0", f"BUDGETS = ({budget(colour='1')},)"])
def test_what_cannot_be_executed_is_refused(load, text):
    with pytest.raises(ContentError, match=r"budgets\.py cannot be imported: "):
        load(text)


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"name": "'smooth time'"}, "a name is made of letters, digits and underscores"),
        ({"name": "''"}, "a name is made of letters, digits and underscores"),
        ({"call": "'smoth'"}, "the contract has no 'smoth', did you mean 'smooth'?"),
        ({"full_marks": "0.01"}, "0 < least < full_marks < zero_marks"),
        ({"full_marks": "8.0"}, "0 < least < full_marks < zero_marks"),
        ({"least": "0.0"}, "0 < least < full_marks < zero_marks"),
        ({"least": "-1.0"}, "0 < least < full_marks < zero_marks"),
        ({"full_marks": "float('nan')"}, "0 < least < full_marks < zero_marks"),
        ({"measures": "'energy'"}, "measures is 'time' or 'memory'"),
        ({"device": "'tpu'"}, "device is 'cpu' or 'cuda'"),
        ({"points": "0"}, "points and threads must be above 0"),
        ({"points": "-3"}, "points and threads must be above 0"),
        ({"threads": "0"}, "points and threads must be above 0"),
    ],
)
def test_each_mistake_is_named(load, changes, told):
    with pytest.raises(ContentError) as caught:
        load(f"BUDGETS = ({budget(**changes)},)")
    assert told in str(caught.value)
    assert "budgets.py: budget '" in str(caught.value)


def test_two_of_one_name_are_refused(load):
    with pytest.raises(ContentError, match="budget 'smooth_time': there is another of this name"):
        load(f"BUDGETS = ({budget()}, {budget(points='2')})")
