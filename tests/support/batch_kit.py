"""What tests of batches share: content, submissions, a command line that grades with the fake process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import psutil

from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.results import AssignmentInfo, Outcome, Provenance, Result, TestOutcome

FAKE = Path(__file__).with_name("fake_grading.py")
SEED = "5e" * 32

_PLUGIN = """
import os, sys
from torchgrade.plugin import hookimpl
from torchgrade_plugins.executors.local import LocalExecutor

@hookimpl
def torchgrade_executors(registry):
    command = [sys.executable, os.environ["FAKE_GRADING"], *os.environ.get("FAKE_SETUP", "").split()]
    registry.add("fake", LocalExecutor(command, job_seconds=float(os.environ.get("FAKE_SECONDS", "600"))))
"""


def make_content(root: Path) -> Path:
    """Write an assignment ``tiny`` with its reference; return the content root."""
    files = {
        "assignments/tiny/assignment.toml": 'title = "Tiny"\n[limits]\nsubmission_seconds = 5\n',
        "assignments/tiny/contract.py": "from torchgrade import hookspec\n"
        "@hookspec(firstresult=True)\ndef f(x):\n    '''Return x.'''\n",
        "assignments/tiny/handout.md": "# Tiny\n",
        "assignments/tiny/starter/submission.py": "from torchgrade import hookimpl\n",
        "assignments/tiny/public/test_f.py": "def test_f(student):\n    assert student.f(x=1) == 1\n",
        "reference/tiny/solution.py": "",
        "reference/tiny/hidden/test_f.py": "",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def make_class(folder: Path, behaviours: Mapping[str, str]) -> Path:
    """Write one module a submission, whose text says what happens to it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, behaviour in behaviours.items():
        (folder / f"{name}.py").write_text(behaviour)
    (folder / "roster.csv").write_text(
        "submission,student_id,name,email\n" + "".join(f"{name},{name}-id,,\n" for name in behaviours)
    )
    return folder


def make_setup(content: Path) -> GradingSetup:
    return GradingSetup(content_root=str(content), assignment="tiny", seed=SEED)


def make_jobs(folder: Path) -> list[Job]:
    return [Job(submission_id=path.stem, path=str(path)) for path in sorted(folder.glob("*.py"))]


def make_result(submission_id: str, *outcomes: Outcome) -> Result:
    return Result(
        submission_id=submission_id,
        students=(),
        assignment=AssignmentInfo(id="tiny", title="Tiny"),
        tests=tuple(
            TestOutcome(
                id=f"test_{number}",
                number=number,
                title=f"number {number}",
                outcome=outcome,
                points=Fraction(25, 2) * (outcome is Outcome.PASSED),
                max_points=Fraction(25, 2),
            )
            for number, outcome in enumerate(outcomes or (Outcome.PASSED,), start=1)
        ),
        provenance=Provenance(
            engine_version="0",
            python="3",
            packages={},
            platform="test",
            cpu_count=1,
            sandbox="process",
            seed=SEED,
            submission_sha256="",
            assignment_sha256="",
            reference_sha256="",
            started_at="2026-01-01T00:00:00+00:00",
            phase_seconds={},
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """A folder with content, a log of the fake grading processes, and a plugin that starts these."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Workplace:
        make_content(folder / "content")
        site = folder / "site"
        information = site / "fake_executor-1.0.dist-info"
        information.mkdir(parents=True)
        (site / "fake_executor.py").write_text(_PLUGIN)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-executor\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text("[torchgrade]\nfake = fake_executor\n")
        (folder / "log").mkdir()
        (folder / "log" / "jobs").touch()
        return cls(folder=folder)

    @property
    def content(self) -> Path:
        return self.folder / "content"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def log(self) -> Path:
        return self.folder / "log" / "jobs"

    @property
    def go(self) -> Path:
        """Once it exists, slow submissions are graded."""
        return self.folder / "log" / "go"

    def environment(self, **changes: str) -> dict[str, str]:
        paths = [str(self.folder / "site"), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {
            **os.environ,
            # the fake grading process tidies nothing up: what it leaves goes with the test's folder
            "TMPDIR": str(self.folder),
            "PYTHONPATH": os.pathsep.join(paths),
            "FAKE_LOG": str(self.log),
            "FAKE_GRADING": str(FAKE),
            **changes,
        }

    def grade_command(self, *arguments: str | Path, out: Path | None = None) -> list[str]:
        return [
            *(sys.executable, "-m", "torchgrade", "grade"),
            *("--assignment", "tiny", "--executor", "fake", "--out", str(out or self.out)),
            *("--content", str(self.content), *map(str, arguments)),
        ]

    def grade(
        self, *arguments: str | Path, out: Path | None = None, **changes: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.grade_command(*arguments, out=out),
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *arguments: str | Path, **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.grade_command(*arguments),
            env=self.environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def logged(self, what: str) -> list[str]:
        """Ids of submissions that the fake processes noted ``what`` of, in their order."""
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [line[1] for line in lines if line[0] == what]

    def pids(self) -> list[int]:
        """Numbers of all processes that the log tells of."""
        return [int(line.split()[2]) for line in self.log.read_text().splitlines()]


def alive(pids: Sequence[int]) -> list[int]:
    """Those of ``pids`` that still run; a zombie whose parent is gone does not."""
    found = []
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
        except psutil.NoSuchProcess:
            continue
    return found
