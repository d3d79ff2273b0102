"""The assignment adam: what students hear who make its mistakes, and that what is off limits is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from torchgrade.content import load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import Audience, Outcome, for_audience

pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = (ROOT / "reference" / "adam" / "solution.py").read_text(encoding="utf-8")
REFERENCE = load_reference(ROOT, load_assignment(ROOT, "adam"))
MUTANTS = {mutant.name: mutant for mutant in REFERENCE.mutants}
FUNCTIONS = ("adam", "schedule")
MIXED = """
import solution
from solution import schedule
from torchgrade import hookimpl

class Mixed(solution.Adam):
    # eps inside the root, and weight decay of what has already moved
    def denominator(self, k, t):
        s = self.v_max[k] if self.amsgrad else self.v[k]
        return (s / self.second_correction(t) + self.eps).sqrt()

    def decay(self, theta):
        pass

    def update(self, k, g):
        super().update(k, g)
        if self.decoupled:
            self.theta[k].mul_(1 - self.lr * self.weight_decay)

@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mixed(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
"""
ROADS = {
    "torch.optim.Adam([leaf])": "torch.optim",
    "torch.optim.AdamW([leaf], lr=0.1)": "torch.optim",
    "getattr(torch.optim, 'Ad' + 'am')([leaf])": "torch.optim",
    "import torch.optim.adam as a; a.Adam([leaf])": "torch.optim",
    "type('Own', (torch.optim.Adam,), {})([leaf])": "torch.optim",
    "torch.optim.Optimizer([leaf], {})": "torch.optim",
    "torch.optim.SparseAdam([leaf])": "torch.optim",
    "from torch.optim.adam import adam as a; a([x], [x], [x], [x], [], [one], **given)": "torch.optim",
    "from torch.optim.adam import _single_tensor_adam as a; a([x], [x], [x], [x], [], [one])": "torch.optim",
    "from torch.optim._functional import adam as a; a([x], [x], [x], [x], [], [one], **given)": "torch.optim",
    "torch.optim.Adam.step(None)": "torch.optim",
    "torch.optim.lr_scheduler.LinearLR(None)": "torch.optim",
    "from torch.optim import AdamW as A; A([leaf])": "torch.optim",
    "import importlib as i; i.import_module('torch.optim').NAdam([leaf])": "torch.optim",
    "import importlib as i; i.reload(torch.optim)": "torch.optim",
    "torch._fused_adam_([x], [x], [x], [x], [], [one], **given)": "torch.optim",
    "torch._fused_adamw_([x], [x], [x], [x], [], [one], **given)": "torch.optim",
    "torch.ops.aten._fused_adam([x], [x], [x], [x], [], [one], **given)": "torch.optim",
    "torch.ops.aten._fused_adam_([x], [x], [x], [x], [], [one], **given)": "torch.optim",
    "torch.ops.aten._fused_adamw_.default([x], [x], [x], [x], [], [one], **given)": "torch.optim",
    "import torch.distributed.optim.functional_adam as f; f._FunctionalAdam([x]).step([x])": "torch.optim",
}
USING = '''
import torch
from torchgrade import hookimpl

@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    """Not by torch.optim.Adam(params)."""
    x, one, leaf = torch.ones(3), torch.ones(()), torch.ones(3, requires_grad=True)
    given = dict(amsgrad=False, beta1=0.9, beta2=0.9, lr=0.1, weight_decay=0.0, eps=1e-8, maximize=False)
    {road}
'''
HARMLESS = '''
# torch.optim.Adam(params) and torch._fused_adam_ are what I must not use
import torch
import torch.optim
import torch.optim as optim
from torch import nn
from torch.optim import AdamW
from torchgrade import hookimpl
import solution
from solution import schedule

class Adam(solution.Adam):
    """My own torch.optim.Adam."""

    def step(self, gradients):
        assert hasattr(optim, "Adam") and "torch.optim.Adam"
        try:
            optim.SGD(self.theta)
        except Exception:
            pass
        torch._foreach_add_([torch.ones(2)], 1.0)
        super().step(gradients)

@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Adam(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
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

    setup = GradingSetup(content_root=str(ROOT), assignment="adam", seed="5eed" * 16, budgets=False)
    with_session(setup, load_plugins(), body)
    return results


def submitted(name):
    """Return a mutant with the functions that it leaves alone."""
    text = MUTANTS[name].path.read_text(encoding="utf-8")
    others = [each for each in FUNCTIONS if not re.search(rf"^def {each}\(", text, re.MULTILINE)]
    return f"{text}\n\nfrom solution import {', '.join(others)}\n"


def lost(result):
    unpassed = (test for test in result.tests if test.outcome is not Outcome.PASSED)
    return {test.id: test for test in unpassed if test.outcome is not Outcome.NOT_MEASURED}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    sources = {name: submitted(name) for name in MUTANTS}
    sources["mixed"] = MIXED
    sources["right"] = "from solution import adam, schedule\n"
    sources["harmless"] = HARMLESS
    return grade(tmp_path_factory.mktemp("mutants"), sources)


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    return grade(tmp_path_factory.mktemp("roads"), {road: USING.format(road=road) for road in ROADS})


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_who_makes_a_mistake_is_told_which(results, name):
    found = lost(for_audience(results[name], Audience.STUDENT))
    assert set(MUTANTS[name].killed_by) <= set(found)
    for test in MUTANTS[name].killed_by:
        assert found[test].cause is not None, found[test].student_message
        assert found[test].cause.hint == MUTANTS[name].hint


@pytest.mark.slow
def test_who_makes_two_mistakes_is_told_of_each(results):
    found = lost(results["mixed"])
    assert found["test_eps"].cause.mutant == "eps_inside_the_root"
    assert found["test_decoupled_weight_decay"].cause.mutant == "decay_of_the_updated_weight"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["right", "harmless"])
def test_who_only_mentions_what_is_off_limits_loses_nothing(results, name):
    assert lost(results[name]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("road", ROADS)
def test_a_road_to_what_is_off_limits_ends_in_its_sentence(roads, road):
    test = next(test for test in roads[road].tests if test.id == "test_schedule")
    assert test.outcome is Outcome.ERROR
    assert f"your `schedule` uses `{ROADS[road]}" in test.student_message
    assert "which this assignment asks you to write" in test.student_message
