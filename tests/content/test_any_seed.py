"""Whatever the secret seed of a batch is, every hidden test finds its cases.

What is drawn until it has some property must have it often enough: a class whose seed cannot be drawn
from has nobody graded. ``TORCHGRADE_TEST_SEEDS=2000`` tries more seeds than CI does.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import os
from pathlib import Path

import pytest

from torchgrade.content import assignment_ids
from torchgrade.testing import Draw
from torchgrade.testing.cases import CaseBook, CaseFunctions

ROOT = Path(__file__).resolve().parents[2]
SEEDS = int(os.environ.get("TORCHGRADE_TEST_SEEDS", "40"))
HIDDEN = {name: ROOT / "reference" / name / "hidden" for name in assignment_ids(ROOT)}


class NothingToAskError(Exception):
    """There is no submission here: a test that asks one has drawn what it asks about."""


class Nobody:
    """Stands for the implementations, which none of the draws may need."""

    def __getattr__(self, name):
        raise NothingToAskError


@pytest.fixture
def plain(monkeypatch):
    """Let hidden tests be imported here, where pytest knows no mark of theirs."""
    monkeypatch.setattr("torchgrade.testing.points", lambda *_: lambda test: test)


def hidden_tests(folder):
    """Return all hidden tests, by name."""
    found = {}
    for path in sorted(folder.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= {name: value for name, value in vars(module).items() if name.startswith("test_")}
    return found


def draw_all(folder, tests, number):
    """Run all tests of a folder as far as they go without anybody to grade; return how many drew cases."""
    seed = number.to_bytes(32, "big")
    functions = CaseFunctions(folder, seed)
    for name, test in tests.items():
        fixtures = {
            "agree": lambda *_, **__: None,
            "learns": lambda *_, **__: None,
            "student": Nobody(),
            "reference": Nobody(),
            "cases": CaseBook(functions, name),
            "draw": Draw(seed, name),
        }
        with contextlib.suppress(NothingToAskError):
            test(**{key: fixtures[key] for key in inspect.signature(test).parameters})
    return len(functions._made)


@pytest.mark.slow
@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("assignment", HIDDEN)
def test_every_case_can_be_drawn_with_any_seed(assignment):
    tests = hidden_tests(HIDDEN[assignment])
    drawn = [draw_all(HIDDEN[assignment], tests, number) for number in range(SEEDS)]
    assert min(drawn) >= len(tests) / 2  # most tests have cases of their own
