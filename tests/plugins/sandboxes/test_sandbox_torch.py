"""An assignment with torch, at every level."""

from __future__ import annotations

import pytest

from torchgrade.remote.answers import AnswerKind

torch = pytest.importorskip("torch")


@pytest.fixture(scope="session")
def torch_workshop(kit, sandbox, tmp_path_factory):
    manifest = kit.MANIFEST.replace('["numpy"]', '["numpy", "torch"]').replace("192", "512")
    shop = kit.Workshop(sandbox, kit.write_assignment(tmp_path_factory.mktemp("torch"), manifest))
    yield shop
    shop.zygote.close()
    kit.until(lambda: not shop.processes(), "everything ends with its zygote")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_tensors_go_there_and_back(torch_workshop, dtype):
    given = torch.arange(6).to(dtype).reshape(2, 3)

    answer, report = torch_workshop.run("result = given @ given.T", given)

    assert torch.equal(answer.value, given @ given.T)
    assert answer.changed == ()
    assert report.stderr == b""  # torch has looked at the processor while it could be seen


def test_a_changed_tensor_is_named(torch_workshop):
    answer, _ = torch_workshop.run("given[0].add_(1)", [torch.zeros(2)])

    assert answer.changed == ("given",)


def test_a_worker_computes_with_one_thread_unless_told_otherwise(torch_workshop):
    answer, _ = torch_workshop.run(
        """
        import torch
        result = [torch.get_num_threads()]
        torch.set_num_threads(2)
        result.append((torch.ones(300, 300) @ torch.ones(300, 300)).sum())
        """
    )

    assert answer.value == [1, torch.tensor(300.0**3)]


def test_memory_beyond_the_limit_is_a_memory_error_of_torch_too(torch_workshop):
    answer, _ = torch_workshop.run("import torch; torch.ones(10**9)")

    assert answer.kind is AnswerKind.RAISED
    assert answer.raised.type == "RuntimeError"
    assert "MemoryError" in answer.raised.types
