"""A submission that takes all it can get costs itself only, and is told so, while its neighbour is graded."""

from __future__ import annotations

import importlib.util
import re
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

from torchgrade.results import Outcome
from torchgrade.sandbox import Level


def load_bombs():
    """Return the module of ``tests/support``, which is needed before any fixture is there."""
    path = Path(__file__).parents[2] / "support" / "bombs.py"
    spec = importlib.util.spec_from_file_location("bombs", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["bombs"] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    return module


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no level holds this"),
]
bombs = load_bombs()
GIB = 1 << 30


@pytest.fixture(scope="module")
def content(support, tmp_path_factory):
    kit = support("content_kit")
    return kit.make_content(tmp_path_factory.mktemp("content"), {"assignment.toml": bombs.MANIFEST})


@pytest.fixture(scope="module")
def pair(support, sandbox, content, tmp_path_factory):
    folder = tmp_path_factory.mktemp("temporary")
    for place in (folder, *list(folder.parents)[:2]):
        place.chmod(0o755)
    baseline = support("leftovers").take(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        pair = bombs.Pair(content, sandbox.level.value, "5eed" * 16)
        yield pair
        pair.close()
    assert baseline.settled() == ()


@pytest.fixture
def neighbour(tmp_path):
    path = tmp_path / "neighbour.py"
    path.write_text(bombs.NEIGHBOUR)
    return path


@pytest.mark.parametrize("name", bombs.BOMBS)
def test_it_costs_its_submission_only_and_says_what_happened(sandbox, pair, tmp_path, neighbour, name):
    bomb = bombs.BOMBS[name]
    outcomes, told = bomb.end(sandbox.level.value)
    mark = f"bomb{uuid.uuid4().hex}"
    path = tmp_path / "bomb.py"
    path.write_text(bomb.source(GIB if sandbox.level is Level.PROCESS else 10 * GIB, mark))
    try:
        result, neighbours = pair.grade_beside(path, neighbour)
    finally:
        for place in Path("/dev/shm").glob(f"{mark}*"):
            place.unlink()
    double, *others = result.tests
    assert double.outcome in outcomes
    assert re.search(told, double.student_message), double.student_message
    assert not bomb.alone or {test.outcome for test in others} == {Outcome.PASSED}
    assert not result.needs_regrade
    assert result.provenance.phase_seconds["student_calls"] <= bombs.SUBMISSION_SECONDS
    for beside in neighbours:
        assert [test.outcome for test in beside.tests] == bombs.NEIGHBOUR_OUTCOMES
