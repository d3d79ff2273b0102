"""What all tests share: the modules of ``tests/support``."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parent / "support"


def pytest_configure():
    """Heed signals again that whoever started the tests has had ignored: what is tested inherits that.

    A shell does so with what it runs in the background, nohup with all.
    """
    for name in ("SIGHUP", "SIGINT", "SIGQUIT"):
        number = getattr(signal, name, None)  # Windows knows one of them
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            interrupts = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if interrupts else signal.SIG_DFL)


def pytest_collection_modifyitems(items):
    """Leave out what takes many minutes, unless it is asked for."""
    if os.environ.get("TORCHGRADE_TEST_LONG"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: TORCHGRADE_TEST_LONG=1 runs it"))


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
