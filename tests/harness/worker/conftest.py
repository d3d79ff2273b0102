"""One worker a level, of an assignment that rules much out."""

from __future__ import annotations

import pytest

from torchgrade.plugin import load_plugins

OFF_LIMITS = """
packages = ["numpy", "torch"]
off_limits = [
    "torch.nn.LSTM*",
    "torch.nn.functional.scaled_dot_product_attention",
    "torch.nn.MultiheadAttention",
    "torch.nn.functional.max_pool2d",
    "torch.nn.functional.layer_norm",
    "torch.optim",
    "torch.fft",
    "torch.linalg.svd",
    "torch.Tensor.backward",
    "torch.autograd.backward",
    "torch.autograd.grad",
    "torch.Tensor.cumsum",
    "torch.Tensor.itemsize",
    "numpy.linalg.svd",
    "numpy.einsum",
    "numpy.matmul",
    "numpy.random.Generator",
    "statistics",
    "jax",
]
off_limits_ops = ["aten::native_batch_norm", "aten::_scaled_dot_product*"]
"""
SANDBOXES = {sandbox.level: sandbox for _, sandbox in load_plugins().sandboxes}


@pytest.fixture(scope="session")
def kit(support):
    return support("worker_kit")


@pytest.fixture(scope="session", params=list(SANDBOXES), ids=str)
def workshop(request, kit, tmp_path_factory):
    """Makes workers of the assignment at one level."""
    pytest.importorskip("torch")
    sandbox = SANDBOXES[request.param]
    probe = sandbox.probe()
    if not probe.works:
        pytest.skip(f"level {probe.level} does not work here: {probe.reason}")
    # The compiler imports much.
    manifest = kit.MANIFEST.replace('packages = ["numpy"]', OFF_LIMITS).replace("192", "1024")
    shop = kit.Workshop(sandbox, kit.write_assignment(tmp_path_factory.mktemp("off"), manifest))
    yield shop
    shop.zygote.close()
    kit.until(lambda: not shop.processes(), "everything ends with its zygote")


@pytest.fixture(scope="module")
def attempt(workshop, kit):
    """Run code in the one worker of all attempts; return the answer."""
    worker = workshop.worker()
    yield lambda code: worker.call(workshop.call(code), kit.SECONDS)
    worker.end()
