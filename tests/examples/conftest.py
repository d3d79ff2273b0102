"""The class of examples, graded once through the real command line."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from torchgrade.results import Result
from torchgrade.store import read_store

ROOT = Path(__file__).resolve().parents[2]
CLASS = ROOT / "examples" / "class" / "backprop"
SEED = "5eed" * 16
# For a class that is graded once more, to see that the place makes no difference.
NOT_MEASURED = "TORCHGRADE_TEST_WITHOUT_BUDGETS"


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the results and pages of the whole class; several pytest-xdist workers share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out, log = shared / "class-backprop", shared / "class-backprop.log"
    with (shared / "class-backprop.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not log.exists():
            command = ["grade", str(CLASS), "--assignment", "backprop", "--out", str(out), "--seed", SEED]
            command += ["--no-budgets"] if os.environ.get(NOT_MEASURED) else []
            done = _torchgrade(*command, "--require-sandbox", "process")
            assert done.returncode == 1, done.stderr  # 1: some lost points, and the grader never failed
            exported = _torchgrade("export", str(out), "--format", "gradescope", "--to", str(out / "json"))
            assert exported.returncode == 0, exported.stderr
            log.write_text(done.stderr, encoding="utf-8")
    return out


@pytest.fixture(scope="session")
def class_is_measured() -> bool:
    """Whether time and memory of the class are measured."""
    return not os.environ.get(NOT_MEASURED)


@pytest.fixture(scope="session")
def grading_log(graded_class: Path) -> str:
    """What grading the class told on stderr."""
    return graded_class.with_suffix(".log").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def class_results(graded_class: Path) -> Mapping[str, Result]:
    """The full records, by submission."""
    with read_store(graded_class) as store:
        return {result.submission_id: result for result in store.results()}


def _torchgrade(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torchgrade", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
