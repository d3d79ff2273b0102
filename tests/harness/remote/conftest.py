"""Workers of the weakest level: what is tested here is the grader's side."""

from __future__ import annotations

import pytest

from torchgrade_plugins.sandboxes.process import ProcessSandbox


@pytest.fixture(scope="session")
def kit(support):
    return support("worker_kit")


@pytest.fixture(scope="session")
def workshop(kit, tmp_path_factory):
    shop = kit.Workshop(ProcessSandbox(), kit.write_assignment(tmp_path_factory.mktemp("content")))
    yield shop
    shop.zygote.close()
    kit.until(lambda: not shop.processes(), "everything ends with its zygote")


@pytest.fixture
def worker(workshop):
    worker = workshop.worker()
    yield worker
    worker.end()


@pytest.fixture
def hooks(workshop):
    return workshop.assignment.contract.hooks
