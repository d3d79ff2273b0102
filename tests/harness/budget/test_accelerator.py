"""Whether there is a GPU for workers: tried once, and said why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchgrade.budget import accelerator as module
from torchgrade.budget.accelerator import Accelerator, why_no_gpu
from torchgrade.budget.gpu_memory import NoGaugeError
from torchgrade.content import load_assignment
from torchgrade.plugin import load_plugins
from torchgrade.remote.cgroups import control_groups
from torchgrade.remote.gpu import NoGpuError
from torchgrade.sandbox import Gpu, Level

torch = pytest.importorskip("torch")

SANDBOXES = {sandbox.level: sandbox for _, sandbox in load_plugins().sandboxes}
HEAD = "no GPU that workers can use: "
NOT_ONE = Gpu(identity="", devices=(Path("/dev/null"),), libraries=(), readable=(), environment={})


def assignment(root, packages):
    folder = root / "assignments" / "a"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(
        f'title = "a"\npackages = {packages}\n[limits]\nimport_seconds = 30\n'
    )
    (folder / "contract.py").write_text(
        "from torchgrade import hookspec\n@hookspec(firstresult=True)\ndef f(x): ...\n"
    )
    return load_assignment(root, "a")


@pytest.fixture
def with_torch(tmp_path):
    return assignment(tmp_path, '["numpy", "torch"]')


@pytest.fixture
def found(monkeypatch):
    """Something that is taken for a GPU, and how often it was looked for."""
    looks = []

    def find():
        looks.append(1)
        return NOT_ONE

    monkeypatch.setattr(module, "find_gpu", find)
    return looks


def test_without_one_the_reason_says_what_is_missing(with_torch, monkeypatch):
    def find():
        raise NoGpuError("there is no /dev/nvidiactl")

    monkeypatch.setattr(module, "find_gpu", find)
    with Accelerator(SANDBOXES[Level.PROCESS], with_torch) as accelerator:
        assert accelerator.why_not() == f"{HEAD}there is no /dev/nvidiactl"
        assert accelerator.why_no_memory() == accelerator.why_not()


def test_workers_without_torch_can_use_none(tmp_path, found):
    with Accelerator(SANDBOXES[Level.PROCESS], assignment(tmp_path, '["numpy"]')) as accelerator:
        assert accelerator.why_not() == f"{HEAD}they have no torch"
    assert not found


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU that torch can use")
@pytest.mark.parametrize("level", SANDBOXES)
def test_what_a_worker_says_that_tried_is_the_reason(with_torch, found, level):
    probe = SANDBOXES[level].probe()
    if not probe.works or (level is not Level.PROCESS and not control_groups().hierarchies):
        pytest.skip(f"level {level} cannot use one here: {probe.reason or control_groups()}")
    with Accelerator(SANDBOXES[level], with_torch) as accelerator:
        why = accelerator.why_not()
        assert why.startswith(HEAD)
        assert "CUDA" in why or "NVIDIA" in why
        assert accelerator.why_not() == why
        with pytest.raises(AssertionError):  # its zygote has gone with the hope
            _ = accelerator.zygote
    assert len(found) == 1


@pytest.mark.usefixtures("found")
def test_a_sandbox_that_cannot_bound_the_memory_gives_none(with_torch, monkeypatch):
    monkeypatch.setattr(
        module, "control_groups", lambda: type(control_groups())(reason="no right", numbers=iter(()))
    )
    with Accelerator(SANDBOXES[Level.ISOLATED], with_torch) as accelerator:
        assert (
            accelerator.why_not()
            == f"{HEAD}without control groups nothing would bound their memory (no right)"
        )


@pytest.mark.usefixtures("found")
def test_memory_needs_somebody_to_tell_it_too(with_torch, monkeypatch):
    def no_gauge(_):
        raise NoGaugeError("nvidia-ml-py is not installed")

    monkeypatch.setattr(module, "CUDA", "cpu")  # as a device that works
    monkeypatch.setattr(module, "MemoryGauge", no_gauge)
    with Accelerator(SANDBOXES[Level.PROCESS], with_torch) as accelerator:
        assert accelerator.why_not() == ""
        assert accelerator.zygote.alive
        assert accelerator.why_no_memory() == (
            "the memory of the GPU cannot be told: nvidia-ml-py is not installed"
        )


def test_nothing_is_started_before_it_is_asked_for(with_torch, found):
    with Accelerator(SANDBOXES[Level.PROCESS], with_torch):
        pass
    assert not found


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="there may be a GPU")
def test_a_machine_is_asked_without_an_assignment():
    assert why_no_gpu(SANDBOXES[Level.PROCESS]) == f"{HEAD}there is no /dev/nvidiactl"
