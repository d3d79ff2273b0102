"""What a budget for a GPU calls computes where its arguments are: shown on a device that every machine has.

For every assignment with such a budget: its reference, its alternatives and its yardstick.
"""

from __future__ import annotations

import ast
import dataclasses
import html
import importlib.util
import re
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from torchgrade.budget import accelerator
from torchgrade.budget.declaration import load_budgets
from torchgrade.content import assignment_ids, load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.remote.gpu import NoGpuError
from torchgrade.results import Outcome
from torchgrade.testing.cases import Case, Draw
from torchgrade.testing.compare import compare
from torchgrade.wire import unpack
from torchgrade.worker.device import CUDA, moved
from torchgrade.worker.script import play, resolver
from torchgrade_reports import write_pages

torch = pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 6  # enough for two of everything, and for loops to end
MOST_ENTRIES = 20_000


def budgets_on_a_gpu(assignment):
    return [
        budget
        for budget in load_budgets(assignment.budgets_path, assignment.contract)
        if budget.device == CUDA
    ]


ASSIGNMENTS = {
    name: found for name in assignment_ids(ROOT) if (found := budgets_on_a_gpu(load_assignment(ROOT, name)))
}
ANSWERING = [
    (name, budget.name, path)
    for name, budgets in ASSIGNMENTS.items()
    for reference in [load_reference(ROOT, load_assignment(ROOT, name))]
    for budget in budgets
    for path in (reference.solution, *reference.alternatives)
]
MEASURING = [(name, budget.name) for name, budgets in ASSIGNMENTS.items() for budget in budgets]


class Smaller(ast.NodeTransformer):
    """Makes the sizes small that a module names at its top."""

    def visit_Constant(self, node):
        if type(node.value) is int:
            return ast.copy_location(ast.Constant(min(node.value, LARGEST)), node)
        return node

    def visit_FunctionDef(self, node):
        return node

    def visit_Call(self, node):
        return node


@pytest.fixture
def small_call(tmp_path):
    """Return the call that a budget measures, of small sizes, as it is sent to a device."""

    def make(name, budget_name, device):
        assignment = load_assignment(ROOT, name)
        path = tmp_path / "budgets.py"
        tree = ast.parse(assignment.budgets_path.read_text(encoding="utf-8"))
        path.write_text(ast.unparse(Smaller().visit(tree)), encoding="utf-8")
        budgets = {budget.name: budget for budget in load_budgets(path, assignment.contract)}
        budget = budgets[budget_name]
        given = budget.inputs(Draw(b"devices", budget_name))
        case = given if isinstance(given, Case) else Case(budget.title, **given)
        call = dataclasses.replace(case.call(assignment.contract.hooks[budget.call]), device=device)
        entries = sum(array.size for array in call.packed.arrays)
        assert entries <= MOST_ENTRIES, "a budget on a GPU names its sizes at the top of budgets.py"
        return budget, call

    return make


@pytest.fixture
def function_of(monkeypatch):
    """Return a function of an implementation, by the implementation's path and the function's name."""

    def find(path, name):
        spec = importlib.util.spec_from_file_location(f"on_a_device_{path.stem}", path)
        made = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, made)  # dataclasses look it up
        spec.loader.exec_module(made)
        return getattr(made, name)

    return find


def answer(function, call):
    """Answer a call as a worker does: arguments arrive on the CPU and are moved first."""
    resolve = resolver(lambda known: known)
    _, _, device, *values = unpack(call.packed.tree, call.packed.arrays, tensors=True, resolve=resolve)
    if not call.steps:
        return function(*moved(values, device))
    steps, *values = values
    values = moved(values, device)
    count = len(call.hook.arguments)
    return play(lambda own: function(*own), values[:count], steps, values[count:])


def tensors_in(value):
    if isinstance(value, torch.Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [tensor for part in parts for tensor in tensors_in(part)]


@pytest.fixture
def answer_there(support):
    """Return the values of an answer that was computed on the other device, and wholly left there."""
    other = support("other_device")

    def compute(function, call):
        with other.other_device():
            found = answer(function, call)
        places = {type(tensor) for tensor in tensors_in(found)}
        assert places == {other.There}, "the answer, or a part of it, is on the CPU"
        return torch.utils._pytree.tree_map(other.values_of, found)

    return compute


def test_there_are_assignments_with_a_budget_on_a_gpu():
    assert {"adam", "attention", "lstm"} <= set(ASSIGNMENTS)


@pytest.mark.parametrize("which", ANSWERING, ids=[f"{budget}-{path.stem}" for _, budget, path in ANSWERING])
def test_what_answers_a_budget_on_a_gpu_computes_where_its_arguments_are(
    which, small_call, function_of, answer_there
):
    name, budget_name, path = which
    budget, call = small_call(name, budget_name, "meta")
    solution = load_reference(ROOT, load_assignment(ROOT, name)).solution
    right = answer(function_of(solution, budget.call), dataclasses.replace(call, device=""))
    found = answer_there(function_of(path, budget.call), call)
    assert compare(right, found, tolerance=budget.tolerance).difference is None


@pytest.mark.parametrize("name, budget_name", MEASURING)
def test_the_yardstick_of_a_budget_on_a_gpu_computes_where_its_arguments_are(
    name, budget_name, small_call, function_of, answer_there
):
    budget, call = small_call(name, budget_name, "meta")
    yardstick = function_of(load_assignment(ROOT, name).yardstick, budget.call)
    assert tensors_in(answer_there(yardstick, call))


MISTAKES = {
    "a mask made on the CPU": "scores.masked_fill(~torch.ones(scores.shape, dtype=torch.bool).tril(), 0.0)",
    "zeros made on the CPU": "scores + torch.zeros(scores.shape)",
    "room made on the CPU": "torch.add(scores, scores, out=torch.empty(scores.shape))",
    "a list with one from the CPU": "torch.stack([scores[0], torch.ones(len(scores[0]))])",
    "an array of what is there": "torch.from_numpy(scores.numpy() + 1)",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_mixes_devices_is_noticed(mistake, support):
    other = support("other_device")
    scores = torch.ones(3, 3)
    eval(MISTAKES[mistake])
    with other.other_device():
        scores = scores.to("meta")
        with pytest.raises(RuntimeError, match=r"same device|not supported for tensor subclasses"):
            eval(MISTAKES[mistake])


def test_an_answer_that_is_left_on_the_cpu_is_noticed(small_call, answer_there):
    _, call = small_call("attention", "backward_time_cuda", "meta")
    with pytest.raises(AssertionError, match="on the CPU"):
        answer_there(lambda *arguments: [tensor.cpu() for tensor in arguments[:3]], call)


def test_what_is_computed_on_the_other_device_has_the_values_of_the_cpu(support):
    """All kinds of ways to write: views, rooms, lists, gradients, data that is replaced."""
    other = support("other_device")

    def compute(x):
        rows = x.new_zeros(3, *x.shape)
        rows[0] = x
        torch.mul(x, 2.0, out=rows[1])
        rows[2].add_(x[x.sum(dim=1) > 0].sum())
        torch._foreach_lerp_([rows[1]], [rows[0]], 0.25)
        parameter = torch.nn.Parameter(x.clone())
        parameter.data = (rows.sum(dim=0)).to(x.dtype)
        weights = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad((weights @ weights.mT).softmax(dim=-1), (weights,), x @ x.mT)
        ordered = torch.tensor(sorted(x.flatten().tolist()), device=x.device)
        return rows, parameter.detach(), gradient, ordered, torch.from_numpy(x.cpu().numpy()).to(x.device)

    x = torch.linspace(-1.0, 2.0, 12, dtype=torch.float64).reshape(4, 3)
    with other.other_device():
        found = compute(x.to("meta"))
    assert {tensor.device.type for tensor in found} == {"meta"}
    assert compare(compute(x), torch.utils._pytree.tree_map(other.values_of, found)).ratio == 0


def grade_starter(name, monkeypatch):
    """Return what grading the untouched starter gives on a machine without a GPU."""

    def find_none():
        raise NoGpuError("there is no /dev/nvidiactl")

    monkeypatch.setattr(accelerator, "find_gpu", find_none)
    results = []
    setup = GradingSetup(content_root=str(ROOT), assignment=name, seed="5eed" * 16)
    job = Job(submission_id="starter", path=str(load_assignment(ROOT, name).starter))
    with_session(setup, load_plugins(), lambda session: results.append(session.grader.grade(job)))
    return results[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_without_a_gpu_its_budgets_are_out_of_the_total_and_the_page_says_why(name, monkeypatch, tmp_path):
    result = grade_starter(name, monkeypatch)
    budgets = {test.id: test for test in result.tests if test.is_budget}
    on_a_gpu = ASSIGNMENTS[name]
    for budget in on_a_gpu:
        test = budgets[budget.id]
        assert (test.outcome, test.points, test.max_points) == (Outcome.NOT_MEASURED, 0, 0)
    assert {budgets[budget.id].outcome for budget in load_all(name) if budget.device != CUDA} == {
        Outcome.NOT_IMPLEMENTED
    }
    assert result.max_score == 100 - sum(Fraction(budget.points) for budget in on_a_gpu)
    pages = [path for path in write_pages([result], tmp_path) if path.parent.name == "students"]
    shown = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", pages[0].read_text(encoding="utf-8"))).split())
    assert "not measured: no GPU that workers can use: there is no /dev/nvidiactl" in shown
    assert "This is out of the total: it costs you nothing." in shown


def load_all(name):
    assignment = load_assignment(ROOT, name)
    return load_budgets(assignment.budgets_path, assignment.contract)
