"""Workers of the weakest level: what is tested here is the grader's side."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from torchgrade_plugins.sandboxes.process import ProcessSandbox


@pytest.fixture(scope="session")
def kit():
    """The module ``worker_kit``: tests are no package, so it is loaded by path."""
    path = Path(__file__).parents[2] / "support" / "worker_kit.py"
    spec = importlib.util.spec_from_file_location("worker_kit", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("worker_kit", module)
    spec.loader.exec_module(module)
    return module


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
