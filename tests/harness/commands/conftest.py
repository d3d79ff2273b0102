"""The kit of tests that grade a small assignment for real."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from torchgrade.plugin import load_plugins


@pytest.fixture(scope="session")
def kit():
    """The module ``content_kit``: tests are no package, so it is loaded by path."""
    path = Path(__file__).parents[2] / "support" / "content_kit.py"
    spec = importlib.util.spec_from_file_location("content_kit", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def plugins():
    return load_plugins()
