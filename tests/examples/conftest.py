"""The classes of examples, each graded once through the real command line."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from torchgrade.results import Result
from torchgrade.store import read_store

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ROOT / "examples" / "class"
SEED = "5eed" * 16
# For a class that is graded once more, to see that the place makes no difference.
NOT_MEASURED = "TORCHGRADE_TEST_WITHOUT_BUDGETS"
# Measuring takes minutes: by default that of one class, the largest.
ALL_MEASURED = "TORCHGRADE_TEST_ALL_BUDGETS"
MEASURED = "backprop"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedClass:
    """What grading the class of one assignment gave.

    Attributes:
        folder: results and pages.
        log: what it told on stderr.
        results: the full records, by submission.
    """

    folder: Path
    log: str
    results: Mapping[str, Result]


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], GradedClass]:
    """Grade the class of an assignment, once; several pytest-xdist workers share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    @cache
    def grade(assignment: str) -> GradedClass:
        out, log = shared / f"class-{assignment}", shared / f"class-{assignment}.log"
        with (shared / f"class-{assignment}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not log.exists():
                log.write_text(_grade(assignment, out), encoding="utf-8")
        with read_store(out) as store:
            results = {result.submission_id: result for result in store.results()}
        return GradedClass(folder=out, log=log.read_text(encoding="utf-8"), results=results)

    return grade


@pytest.fixture(scope="session")
def class_is_measured() -> bool:
    """Whether time and memory of backprop's class are measured."""
    return _is_measured(MEASURED)


@pytest.fixture(scope="session")
def is_measured() -> Callable[[str], bool]:
    """Tell whether time and memory of an assignment's class are measured."""
    return _is_measured


def _is_measured(assignment: str) -> bool:
    wanted = assignment == MEASURED or bool(os.environ.get(ALL_MEASURED))
    return wanted and not os.environ.get(NOT_MEASURED)


@pytest.fixture(scope="session")
def graded_class(graded: Callable[[str], GradedClass]) -> Path:
    """Folder with the results and pages of backprop's class."""
    return graded("backprop").folder


@pytest.fixture(scope="session")
def grading_log(graded: Callable[[str], GradedClass]) -> str:
    """What grading backprop's class told on stderr."""
    return graded("backprop").log


@pytest.fixture(scope="session")
def class_results(graded: Callable[[str], GradedClass]) -> Mapping[str, Result]:
    """The full records of backprop's class, by submission."""
    return graded("backprop").results


def _grade(assignment: str, out: Path) -> str:
    """Grade a class into a folder; return what that told on stderr."""
    command = [
        "grade",
        str(CLASSES / assignment),
        "--assignment",
        assignment,
        "--out",
        str(out),
        "--seed",
        SEED,
    ]
    # Other tests run beside, and the notes need no more than a second's certainty.
    command += ["--measuring-seconds", "1"] if _is_measured(assignment) else ["--no-budgets"]
    done = _torchgrade(*command, "--require-sandbox", "process")
    assert done.returncode == 1, done.stderr  # 1: some lost points, and the grader never failed
    exported = _torchgrade("export", str(out), "--format", "gradescope", "--to", str(out / "json"))
    assert exported.returncode == 0, exported.stderr
    return done.stderr


def _torchgrade(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torchgrade", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
