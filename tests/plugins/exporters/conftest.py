"""Results to write."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def factory():
    """The module ``results_factory``: tests are no package, so it is loaded by path."""
    path = Path(__file__).parents[2] / "results_factory.py"
    spec = importlib.util.spec_from_file_location("results_factory", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
