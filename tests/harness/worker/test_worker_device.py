"""Calls whose tensors are moved to a device: with devices that every machine has."""

from __future__ import annotations

import pytest

from torchgrade.plugin import load_plugins
from torchgrade.remote.answers import AnswerKind, Call, Step
from torchgrade.worker.device import CUDA

torch = pytest.importorskip("torch")

SECONDS = 60.0
MANIFEST = 'title = "t"\npackages = ["numpy", "torch"]\n[limits]\nimport_seconds = 30\nmemory_mib = 1024\n'
CONTRACT = """
from torchgrade import hookspec
from torchgrade.contract import returns_object

@hookspec(firstresult=True)
def where(x): ...

@hookspec(firstresult=True)
def double(x): ...

@hookspec(firstresult=True)
@returns_object("step")
def make_adder(x): ...
"""
SUBMISSION = b"""
import torch
from torchgrade import hookimpl

@hookimpl
def where(x):
    if isinstance(x, torch.Tensor):
        return str(x.device)
    return [where(each) for each in (x.values() if isinstance(x, dict) else x)]

@hookimpl
def double(x):
    x *= 2
    return x

@hookimpl
class make_adder:
    def __init__(self, x):
        self.x = x
    def step(self, y):
        return str((self.x + y).device)
"""


@pytest.fixture(scope="module")
def torch_workshop(support, tmp_path_factory):
    kit = support("worker_kit")
    sandboxes = {sandbox.level.value: sandbox for _, sandbox in load_plugins().sandboxes}
    assignment = kit.write_assignment(tmp_path_factory.mktemp("device"), MANIFEST, CONTRACT)
    shop = kit.Workshop(sandboxes["process"], assignment)
    yield shop
    shop.zygote.close()


@pytest.fixture
def worker(torch_workshop):
    worker = torch_workshop.zygote.worker()
    worker.load({"submission.py": SUBMISSION}, ["submission.py"], SECONDS)
    yield worker
    worker.end()


@pytest.fixture
def call(torch_workshop):
    hooks = torch_workshop.assignment.contract.hooks

    def make(hook, x, device, **more):
        return Call(hooks[hook], (x,), device=device, **{"echo": False, **more})

    return make


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_tensors_are_on_the_device_when_the_hook_is_called(worker, call, device):
    given = [torch.ones(2), {"a": torch.ones(3), "b": (torch.ones(1),)}]
    answer = worker.call(call("where", given, device), SECONDS)
    assert answer.value == [device, [device, [device]]]


def test_without_a_device_they_stay_where_they_are(worker, call):
    assert worker.call(call("where", torch.ones(2), ""), SECONDS).value == "cpu"


def test_answers_are_the_hosts_and_changes_of_arguments_are_seen(worker, call):
    x = torch.arange(4.0)
    answer = worker.call(call("double", x, "cpu", echo=True), SECONDS)
    assert torch.equal(answer.value, 2 * torch.arange(4.0))
    assert answer.changed == ("x",)
    assert torch.equal(x, torch.arange(4.0))


def test_steps_of_objects_get_theirs_there_too(worker, call):
    steps = (Step(method="step", arguments=(torch.ones(2),)),)
    answer = worker.call(call("make_adder", torch.ones(2), "meta", steps=steps), SECONDS)
    assert answer.value == ["meta"]


def test_a_replay_takes_the_ways_to_the_device_and_back(worker, call):
    worker.keep(SECONDS)
    first = worker.call(call("double", torch.ones(3), "cpu"), SECONDS)
    again = worker.replay(call("double", torch.zeros(3), "cpu"), SECONDS)
    assert torch.equal(first.value, again.value)


def test_what_cannot_come_back_is_unsendable_and_no_fault_of_ours(worker, call):
    answer = worker.call(call("double", torch.ones(3), "meta"), SECONDS)
    assert answer.kind in {AnswerKind.UNSENDABLE, AnswerKind.RAISED}
    assert worker.call(call("where", torch.ones(2), "cpu"), SECONDS).value == "cpu"


def test_a_device_that_is_not_there_is_an_error_with_its_reason(worker, call):
    answer = worker.call(call("where", torch.ones(2), "no-such"), SECONDS)
    assert answer.kind is AnswerKind.RAISED
    assert "no-such" in answer.raised.message


def test_a_device_can_be_tried_before_anything_is_loaded(torch_workshop):
    worker = torch_workshop.zygote.worker()
    try:
        assert worker.attempt("cpu", SECONDS).kind is AnswerKind.VALUE
        assert worker.attempt("meta", SECONDS).kind is AnswerKind.RAISED  # it adds nothing
        cuda = worker.attempt(CUDA, SECONDS)
        assert cuda.kind is (AnswerKind.VALUE if torch.cuda.is_available() else AnswerKind.RAISED)
        assert worker.alive
    finally:
        worker.end()


def test_settling_and_asking_the_allocator_are_harmless_without_one(worker):
    assert worker.settle(SECONDS, "cpu").kind is AnswerKind.VALUE
    assert worker.settle(SECONDS).kind is AnswerKind.VALUE
    assert worker.allocated_bytes("cpu", SECONDS) == 0
