"""Results to make pages from."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def factory(support):
    return support("results_factory")
