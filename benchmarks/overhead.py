"""What grading costs beyond the student's own work, beside plain pytest in a fresh process.

    python benchmarks/overhead.py            a table
    python benchmarks/overhead.py --json     one object

Both sides run the same ten tests on the same submission (``ten_tests/``: five functions on torch
tensors, the reference's own solution as the submission), alternating in one run, so that a busy
machine slows both. From each wall time the implementations' own work is taken off: what import and
calls take when made directly in a fresh process, as plain pytest makes them. ``backprop_*`` says the
same of the bundled numpy assignment with all its tests. ``levels`` compares the sandbox levels: workers that
load a submission, answer ten calls and end, the levels in turn, so that ``isolation_ms`` (beside level
``process``) and ``call_ratio`` (of each level's best block) are of one run. Figures are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from torchgrade.content import load_assignment
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import Session, choose_sandbox, with_session
from torchgrade.plugin import load_plugins
from torchgrade.remote.answers import AnswerKind, Call
from torchgrade.remote.worker import Loaded
from torchgrade.remote.zygote import Zygote
from torchgrade.sandbox import Level

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SEED = "11" * 32
WARM = 3
BLOCK = 10
ECHO = b"from torchgrade import hookimpl\n@hookimpl\ndef gelu(x):\n    return x\n"
MIB = 2**20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeats", type=int, default=20, help="submissions graded for each figure")
    parser.add_argument("--sandbox", default="best", help="sandbox level")
    options = parser.parse_args()
    figures = measure(options.sandbox, options.repeats)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:28} {value}")


def measure(sandbox: str, repeats: int) -> dict[str, Any]:
    """Return all figures; times in the unit that the name ends with."""
    ten = _measure_suite(HERE / "ten_tests", "ten", sandbox, repeats)
    backprop = _measure_suite(ROOT, "backprop", sandbox, repeats)
    return {
        "grader_share_ms": ten.share_ms,
        "fresh_pytest_ms": ten.pytest_ms,
        "ratio": round(ten.pytest_ms / ten.share_ms, 1),
        **_measure_wire(sandbox),
        "help_ms": _help_ms(),
        "levels": _measure_levels(repeats),
        "backprop_share_ms": backprop.share_ms,
        "backprop_fresh_pytest_ms": backprop.pytest_ms,
        "backprop_ratio": round(backprop.pytest_ms / backprop.share_ms, 1),
    }


@dataclass(frozen=True, slots=True)
class _Shares:
    """Wall time less the compute, for one submission, in ms."""

    share_ms: float
    pytest_ms: float


def _measure_suite(root: Path, assignment: str, sandbox: str, repeats: int) -> _Shares:
    """Grade the solution again and again, and run plain pytest in between."""
    with tempfile.TemporaryDirectory() as folder:
        submission = Path(folder) / "submission.py"
        submission.write_bytes((root / "reference" / assignment / "solution.py").read_bytes())
        plain = _PlainPytest(root, assignment, submission, Path(folder))
        walls: list[float] = []
        fresh: list[_PlainRun] = []

        def body(session: Session) -> None:
            job = Job(submission_id="benchmark", path=str(submission))
            for index in range(WARM + repeats):
                started = time.perf_counter()
                result = session.grader.grade(job)
                walls.append(time.perf_counter() - started)
                assert result.passed, result
                if index % 3 == 0:
                    fresh.append(plain.run())

        setup = GradingSetup(content_root=str(root), assignment=assignment, seed=SEED, sandbox=sandbox)
        with_session(setup, load_plugins(), body)
    compute = statistics.median(run.submission_seconds for run in fresh)
    # The grader asks its solution once a batch: it is not part of these walls.
    return _Shares(
        share_ms=_ms(statistics.median(walls[WARM:]) - compute),
        pytest_ms=_ms(
            statistics.median(
                run.wall_seconds - run.submission_seconds - run.solution_seconds for run in fresh
            )
        ),
    )


@dataclass(frozen=True, slots=True)
class _PlainRun:
    """One run of plain pytest, and what of it the two implementations took, imports included."""

    wall_seconds: float
    submission_seconds: float
    solution_seconds: float


class _PlainPytest:
    """The same tests as a lecturer would run them: submission, solution and tests in one fresh process."""

    def __init__(self, root: Path, assignment: str, submission: Path, folder: Path) -> None:
        reference = root / "reference" / assignment
        self._record = folder / "spent.json"
        self._tests = folder / "tests"
        self._tests.mkdir()
        for path in (reference / "hidden").glob("*.py"):
            (self._tests / path.name).write_bytes(path.read_bytes())
        (self._tests / "conftest.py").write_bytes((HERE / "plain_conftest.py").read_bytes())
        self._environment = {
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "OMP_NUM_THREADS": "1",
            "PLAIN_PACKAGES": " ".join(load_assignment(root, assignment).manifest.packages),
            "PLAIN_RECORD": str(self._record),
            "PLAIN_SUBMISSION": str(submission),
            "PLAIN_SOLUTION": str(reference / "solution.py"),
        }

    def run(self) -> _PlainRun:
        """Run it once."""
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(self._tests)]
        started = time.perf_counter()
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        elapsed = time.perf_counter() - started
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        spent = json.loads(self._record.read_text(encoding="utf-8"))
        return _PlainRun(elapsed, spent["submission"], spent["solution"])


def _measure_wire(sandbox_name: str) -> dict[str, Any]:
    """Measure a live worker with torch in it: empty call, 64 MiB there and back, its own memory."""
    import torch

    assignment = load_assignment(HERE / "ten_tests", "ten")
    sandbox = choose_sandbox(load_plugins(), sandbox_name, "process")
    with Zygote(sandbox, assignment) as zygote:
        worker = zygote.worker()
        worker.load({"submission.py": ECHO}, ["submission.py"], 10)
        empty = statistics.median(worker.ping(10) for _ in range(2_000))
        tensor = torch.zeros(16 * MIB, dtype=torch.float32)
        call = Call(assignment.contract.hooks["gelu"], (tensor,), echo=False)
        transfers = [worker.call(call, 60) for _ in range(7)]
        assert all(answer.kind is AnswerKind.VALUE for answer in transfers), transfers
        worker.end()
        worker = zygote.worker()
        worker.load({"submission.py": ECHO}, ["submission.py"], 10)
        small = Call(assignment.contract.hooks["gelu"], (tensor[:8],))
        worker.call(small, 10)
        family = psutil.Process(zygote.process_id).children(recursive=True)
        # Zygote and keepers share most of what they hold: the most private one is the worker.
        private = max(_private_bytes(process) for process in family)
        worker.end()
        return {
            "empty_call_us": round(1e6 * empty, 1),
            "transfer_64mib_ms": _ms(statistics.median(answer.wall_seconds for answer in transfers)),
            "worker_mib": round(private / MIB, 1),
            "sandbox": zygote.level.value,
        }


def _measure_levels(repeats: int) -> dict[str, Any]:
    """Measure what each sandbox level costs a submission and a call, in turn, beside the weakest level."""
    import torch

    assignment = load_assignment(HERE / "ten_tests", "ten")
    small = Call(assignment.contract.hooks["gelu"], (torch.zeros(8),))
    lives: dict[str, list[float]] = {}
    calls: dict[str, list[float]] = {}
    with ExitStack() as stack:
        zygotes = {
            name: stack.enter_context(Zygote(sandbox, assignment))
            for name, sandbox in load_plugins().sandboxes
            if sandbox.probe().works
        }
        for turn in range(1 + repeats):
            for name, zygote in zygotes.items():
                # Several in a row: nothing else gives the worker that is forked ahead time to get ready.
                block = [_live_once(zygote, small) for _ in range(BLOCK)]
                if turn > 0:
                    lives.setdefault(name, []).extend(seconds for seconds, _ in block)
                    pings = [ping for _, times in block for ping in times]
                    calls.setdefault(name, []).append(statistics.median(pings))
    submission = {name: _ms(statistics.median(seconds)) for name, seconds in lives.items()}
    # On two cores a round trip takes 30 or 45 us, as the kernel places both ends: the best block compares.
    empty = {name: round(1e6 * min(medians), 1) for name, medians in calls.items()}
    weakest = Level.PROCESS.value
    return {
        name: {
            "submission_ms": submission[name],
            "isolation_ms": round(submission[name] - submission[weakest], 2),
            "empty_call_us": empty[name],
            "call_ratio": round(empty[name] / empty[weakest], 3),
        }
        for name in zygotes
    }


def _live_once(zygote: Zygote, call: Call) -> tuple[float, list[float]]:
    """Return the seconds of a worker's life with ten calls, and of empty calls that are not part of it."""
    started = time.perf_counter()
    worker = zygote.worker()
    loaded = worker.load({"submission.py": ECHO}, ["submission.py"], 10)
    answers = [worker.call(call, 10) for _ in range(10)]
    times = [worker.ping(10) for _ in range(100)]
    worker.end()
    elapsed = time.perf_counter() - started - sum(times)
    assert isinstance(loaded, Loaded), loaded
    assert all(answer.kind is AnswerKind.VALUE for answer in answers), answers
    return elapsed, times


def _private_bytes(process: psutil.Process) -> int:
    """Return what a process shares with no other; 0 if it has just ended, as go-betweens do."""
    try:
        return int(process.memory_full_info().uss)
    except psutil.NoSuchProcess:
        return 0


def _help_ms() -> float:
    def once() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "torchgrade", "--help"], capture_output=True, check=True)
        return time.perf_counter() - started

    return _ms(statistics.median(once() for _ in range(7)))


def _ms(seconds: float) -> float:
    return round(1e3 * seconds, 2)


if __name__ == "__main__":
    main()
