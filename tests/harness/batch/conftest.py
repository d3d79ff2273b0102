"""The kit of tests about batches."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def kit(support):
    return support("batch_kit")


@pytest.fixture
def workplace(kit, tmp_path):
    """Content, a log, and a command line that grades with the fake process."""
    return kit.Workplace.make(tmp_path)
