"""The assignment lstm: what students hear who make its mistakes, and that what is off limits is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from torchgrade.content import load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import Outcome

pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = (ROOT / "reference" / "lstm" / "solution.py").read_text(encoding="utf-8")
REFERENCE = load_reference(ROOT, load_assignment(ROOT, "lstm"))
MUTANTS = {mutant.name: mutant for mutant in REFERENCE.mutants}
# Training takes seconds and is no part of any mutant.
FUNCTIONS = ("lstm_cell", "lstm", "lstm_backward")
LSTM = "torch.nn.LSTM"
ROADS = {
    "nn.LSTM(3, 4)(x[None])": LSTM,
    "nn.modules.rnn.LSTM(3, 4)(x[None])": LSTM,
    "getattr(nn, 'LS' + 'TM')(3, 4)": LSTM,
    "type('Own', (nn.LSTM,), {})(3, 4)": LSTM,
    "nn.LSTMCell(3, 4)(x)": "torch.nn.LSTMCell",
    "torch.lstm_cell(x, state, *four)": "torch.lstm_cell",
    "torch._VF.lstm_cell(x, state, *four)": "torch.nn.LSTMCell",
    "torch.ops.aten.lstm_cell(x, state, *four)": "torch.nn.LSTMCell",
    "torch.vmap(lambda x: torch.ops.aten.lstm_cell(x, state, *four))(x[None])": "torch.nn.LSTMCell",
    "torch.compile(lambda x: torch.lstm_cell(x, state, *four), backend='eager')(x)": "torch.lstm_cell",
    "torch.jit.trace(lambda x: torch.lstm_cell(x, state, *four), x)": "torch.lstm_cell",
    "torch.ops.aten._thnn_fused_lstm_cell(wide, wide, state[1], four[2], four[3])": "torch.nn.LSTMCell",
    "torch._VF.lstm(x[None], deep, four, True, 1, 0.0, False, False, False)": LSTM,
    "torch.lstm(x[None], deep, four, True, 1, 0.0, False, False, False)": "torch.lstm",
    "torch.ops.aten.lstm.input(x[None], deep, four, True, 1, 0.0, False, False, False)": LSTM,
    "torch.ao.nn.quantizable.LSTM(3, 4)": "torch.ao.nn.quantizable.LSTM",
    "torch.ao.nn.quantizable.LSTMCell(3, 4)": "torch.ao.nn.quantizable.LSTMCell",
    "torch.ao.nn.quantized.dynamic.LSTM(3, 4)": "torch.ao.nn.quantized.dynamic.LSTM",
    "torch.ao.nn.quantized.dynamic.LSTMCell(3, 4)": "torch.ao.nn.quantized.dynamic.LSTMCell",
    "leaf.sum().backward()": "torch.Tensor.backward",
    "torch.Tensor.backward(leaf.sum())": "torch.Tensor.backward",
    "nn.functional.mse_loss(leaf, x).backward()": "torch.Tensor.backward",
    "torch.autograd.backward(leaf.sum())": "torch.autograd.backward",
    "torch.autograd.grad(leaf.sum(), leaf)": "torch.autograd.grad",
    "torch.autograd.functional.jacobian(torch.tanh, x)": "torch.autograd.grad",
    "torch.autograd.functional.vjp(torch.sum, x)": "torch.autograd.grad",
    "torch.autograd.functional.jvp(torch.sum, x, x)": "torch.autograd.grad",
    "torch.autograd.graph._engine_run_backward((leaf.sum(),), (None,), False, False, (), True)": (
        "torch.autograd.graph._engine_run_backward"
    ),
    "torch.func.grad(torch.sum)(x)": "torch.autograd.grad",
    "torch.func.vjp(torch.sum, x)[1](x.sum())": "torch.autograd.grad",
    "torch.func.jacrev(torch.tanh)(x)": "torch.autograd.grad",
    "torch.func.jvp(torch.sum, (x,), (x,))": "torch.func.jvp",
    "torch.func.jacfwd(torch.tanh)(x)": "torch.autograd.forward_ad.make_dual",
    "torch.func.hessian(torch.sum)(x)": "torch.autograd.forward_ad.make_dual",
    "torch.func.linearize(torch.sum, x)": "torch.func.linearize",
    "from torch.autograd import forward_ad as f\n    with f.dual_level(): f.make_dual(x, x)": (
        "torch.autograd.forward_ad.make_dual"
    ),
}
USING = '''
import torch
from torch import nn
from torchgrade import hookimpl

@hookimpl
def lstm_cell(x, state, weights):
    """Not by torch.nn.LSTM(3, 4), nor by .backward()."""
    state, wide = (torch.ones(2, 4), torch.ones(2, 4)), torch.ones(2, 16)
    x, four = torch.ones(2, 3), [torch.ones(16, 3), torch.ones(16, 4), torch.ones(16), torch.ones(16)]
    deep, leaf = tuple(part[None] for part in state), torch.ones(2, 3, requires_grad=True)
    {road}
    return state
'''
HARMLESS = '''
# torch.nn.LSTM(3, 4) and loss.backward() are what I must not use
import torch
import torch.optim
from torch import nn
from torch.nn import LSTM
from torchgrade import hookimpl
import solution
from solution import lstm

class LSTMCell(nn.Module):
    """My own torch.nn.LSTMCell."""
    def backward(self, *given):
        return solution.backward(*given)

@hookimpl
def lstm_cell(x, state, weights):
    assert isinstance("torch.nn.LSTM(3, 4)", str) and hasattr(nn, "LSTM")
    parameter = torch.zeros(2)
    parameter.grad = torch.ones(2)
    torch.optim.Adam([parameter], lr=0.1).step()
    return solution.cell(x, state, weights)

@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return LSTMCell().backward(doutputs, dstate, x, state, weights)
'''


def grade(folder, sources):
    """Grade submissions that may import the solution as a module of their own; return results by name."""
    results = {}

    def body(session):
        for number, (name, text) in enumerate(sources.items()):
            place = folder / str(number)
            place.mkdir(parents=True)
            (place / "solution.py").write_text(SOLUTION, encoding="utf-8")
            (place / "submission.py").write_text(text, encoding="utf-8")
            results[name] = session.grader.grade(Job(submission_id=f"s{number}", path=str(place)))

    setup = GradingSetup(content_root=str(ROOT), assignment="lstm", seed="5eed" * 16, budgets=False)
    with_session(setup, load_plugins(), body)
    return results


def completed(text):
    """Return a mutant with the functions that it leaves alone."""
    others = [name for name in FUNCTIONS if not re.search(rf"^def {name}\(", text, re.MULTILINE)]
    return f"{text}\n\nfrom solution import {', '.join(others)}\n" if others else text


def mixed(*names):
    """Return several mutants in one submission; each has other functions."""
    texts = [MUTANTS[name].path.read_text(encoding="utf-8") for name in names]
    return completed("\n\n".join(texts))


def lost(result):
    """Return the tests that were lost, other than those that need a model or are not measured."""
    kept = {Outcome.PASSED, Outcome.NOT_MEASURED}
    return {
        test.id: test
        for test in result.tests
        if test.outcome not in kept and not test.id.startswith("test_model")
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    sources = {name: mixed(name) for name in MUTANTS}
    sources["two mistakes"] = mixed("gates_clipped", "only_last_output", "final_cell_gradient_ignored")
    sources["right"] = completed("")
    sources["harmless"] = HARMLESS
    return grade(tmp_path_factory.mktemp("mutants"), sources)


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    return grade(tmp_path_factory.mktemp("roads"), {road: USING.format(road=road) for road in ROADS})


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_who_makes_a_mistake_hears_of_it(results, name):
    found = lost(results[name])
    assert set(MUTANTS[name].killed_by) <= set(found)
    for test in MUTANTS[name].killed_by:
        assert found[test].cause is not None, found[test].student_message
        assert found[test].cause.hint == MUTANTS[name].hint


@pytest.mark.slow
def test_who_makes_three_mistakes_hears_of_each(results):
    causes = {test.cause.mutant for test in lost(results["two mistakes"]).values() if test.cause}
    assert causes == {"gates_clipped", "only_last_output", "final_cell_gradient_ignored"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["right", "harmless"])
def test_who_only_mentions_what_is_off_limits_loses_nothing(results, name):
    assert lost(results[name]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("road", ROADS)
def test_a_road_to_what_is_off_limits_ends_in_its_sentence(roads, road):
    test = next(test for test in roads[road].tests if test.id == "test_cell")
    assert test.outcome is Outcome.ERROR
    assert (
        f"your `lstm_cell` uses `{ROADS[road]}`, which this assignment asks you to " in test.student_message
    )
