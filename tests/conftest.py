"""What all tests share: the modules of ``tests/support``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parent / "support"


@pytest.fixture(scope="session")
def support():
    """Load a module of ``tests/support`` by name: tests are no package and cannot import one another."""

    def load(name):
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, SUPPORT / f"{name}.py")
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module  # dataclasses look it up
            spec.loader.exec_module(module)
        return sys.modules[name]

    return load
