"""The kit of tests about batches."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def kit():
    """The module ``batch_kit``: tests are no package, so it is loaded by path."""
    path = Path(__file__).parents[2] / "support" / "batch_kit.py"
    spec = importlib.util.spec_from_file_location("batch_kit", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("batch_kit", module)  # dataclasses look it up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def workplace(kit, tmp_path):
    """Content, a log, and a command line that grades with the fake process."""
    return kit.Workplace.make(tmp_path)
