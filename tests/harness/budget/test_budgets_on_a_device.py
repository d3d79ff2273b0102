"""A suite whose budgets ask for a device, with one that every machine has in the GPU's place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from torchgrade.budget import accelerator as module
from torchgrade.budget.accelerator import Accelerator
from torchgrade.budget.comparison import Effort
from torchgrade.budget.declaration import Budget
from torchgrade.budget.lane import QuietLane
from torchgrade.budget.suite import BudgetSuite, Compared, Modules
from torchgrade.content import load_assignment
from torchgrade.plugin import load_plugins
from torchgrade.remote.zygote import Zygote
from torchgrade.results import Outcome
from torchgrade.sandbox import Gpu

torch = pytest.importorskip("torch")

DEVICE: Any = "cpu:0"  # which no author could declare
SANDBOX = next(sandbox for _, sandbox in load_plugins().sandboxes if sandbox.level.value == "process")
NOT_ONE = Gpu(
    identity="",
    devices=(Path("/dev/null"),),
    libraries=(),
    readable=(),
    environment={"CUDA_VISIBLE_DEVICES": "none"},
)
MANIFEST = 'title = "d"\npackages = ["numpy", "torch"]\n[limits]\nimport_seconds = 30\nmemory_mib = 512\n'
CONTRACT = "from torchgrade import hookspec\n\n@hookspec(firstresult=True)\ndef double(x): ...\n"
RIGHT = """
import os
import torch
from torchgrade import hookimpl

@hookimpl
def double(x):
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "none", "not of the GPU's zygote"
    for _ in range(20):
        y = 2 * x
    return y
"""


class Card:
    """A gauge of a card of which nobody uses anything."""

    def __init__(self, identity):
        self.identity = identity

    def used_bytes(self):
        return 0

    def close(self):
        pass


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """A suite of two budgets, whose workers for the device are those of a zygote of their own."""
    monkeypatch.setattr(module, "find_gpu", lambda: NOT_ONE)
    monkeypatch.setattr(module, "CUDA", DEVICE)
    monkeypatch.setattr(module, "MemoryGauge", Card)
    folder = tmp_path / "assignments" / "d"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(MANIFEST)
    (folder / "contract.py").write_text(CONTRACT)
    assignment = load_assignment(tmp_path, "d")
    with Zygote(SANDBOX, assignment) as zygote, Accelerator(SANDBOX, assignment) as accelerator:
        yield BudgetSuite(
            [budget("time"), budget("memory")],
            assignment=assignment,
            zygote=zygote,
            compared=Compared(modules=modules(RIGHT)),
            lane=QuietLane(""),
            first_number=1,
            effort=Effort(seconds=0.0, width=0.2, call_seconds=20.0),
            accelerator=accelerator,
        )


def budget(measures):
    return Budget(
        name=f"double_{measures}",
        title=measures,
        call="double",
        inputs=lambda draw: {"x": torch.from_numpy(draw.normal(200_000))},
        full_marks=3.0,
        zero_marks=9.0,
        points=10,
        device=DEVICE,
        measures=measures,
    )


def modules(source):
    return Modules(files={"submission.py": source.encode()}, entries=["submission.py"])


def test_all_budgets_are_measured_with_workers_of_the_device(suite):
    outcomes = suite.run(modules(RIGHT), [])
    assert [(test.outcome, test.max_points) for test in outcomes] == [(Outcome.PASSED, 10)] * 2, outcomes
    assert 0.3 < outcomes[0].budget.ratio < 3
    assert outcomes[1].budget.ratio == 1


def test_answers_that_were_computed_there_are_verified(suite):
    verdict = suite.judge(suite.budgets[0], modules(RIGHT.replace("2 * x", "3 * x")))
    assert verdict.outcome is Outcome.FAILED
    assert "the result has wrong values" in verdict.message


def test_a_submission_that_spoils_the_device_for_itself_hears_of_it(suite):
    spoiled = (
        RIGHT + "\ndef refuse(*given, **named):\n    raise RuntimeError('no device')\ntorch.ones = refuse\n"
    )
    verdict = suite.judge(suite.budgets[0], modules(spoiled))
    assert (verdict.outcome, verdict.points) == (Outcome.ERROR, 0)
    assert "no device" in verdict.message


def test_without_a_device_that_works_all_are_out_of_the_total(suite, monkeypatch):
    monkeypatch.setattr(module, "CUDA", "no-such")
    suite._accelerator.close()
    suite._accelerator._reason = None
    outcomes = suite.run(modules(RIGHT), [])
    assert {test.outcome for test in outcomes} == {Outcome.NOT_MEASURED}
    assert all("no GPU that workers can use: " in test.student_message for test in outcomes)
    assert all("no-such" in test.student_message for test in outcomes)
