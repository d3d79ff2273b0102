"""The kit of tests that grade a small assignment for real."""

from __future__ import annotations

import pytest

from torchgrade.plugin import load_plugins


@pytest.fixture(scope="session")
def kit(support):
    return support("content_kit")


@pytest.fixture(scope="session")
def plugins():
    return load_plugins()
