"""What it saves to import a module once for all workers, rather than in each of them.

    python benchmarks/preload.py            a table
    python benchmarks/preload.py --json     one object

Zygotes of one assignment with torch, in turn with and without `torch._dynamo` imported ahead: their start,
and the first optimizer of ``torch.optim`` in each of some workers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from torchgrade.content import Assignment, load_assignment
from torchgrade.grading.session import choose_sandbox
from torchgrade.plugin import load_plugins
from torchgrade.remote.answers import AnswerKind, Call
from torchgrade.remote.worker import Loaded
from torchgrade.remote.zygote import Zygote

SECONDS = 60.0
REPEATS = 3
WORKERS = 5
AHEAD = {"without": "", "with": 'preload = ["torch._dynamo"]\n'}
LIMITS = "[limits]\nimport_seconds = 30\ncall_seconds = 30\nmemory_mib = 1024\n"
CONTRACT = "from torchgrade import hookspec\n@hookspec(firstresult=True)\ndef seconds(count): ...\n"
SUBMISSION = b"""
import time
import torch
from torchgrade import hookimpl

@hookimpl
def seconds(count):
    started = time.perf_counter()
    for _ in range(count):
        torch.optim.Adam([torch.nn.Parameter(torch.ones(3))])
    return time.perf_counter() - started
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sandbox", default="best", help="sandbox level")
    options = parser.parse_args()
    figures = measure(options.sandbox)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:28} {value:10.1f}")


def measure(level: str) -> dict[str, float]:
    """Return medians in ms."""
    sandbox = choose_sandbox(load_plugins(), level, "process")
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        assignments = {how: _assignment(Path(folder) / how, line) for how, line in AHEAD.items()}
        for _ in range(REPEATS):
            for how, assignment in assignments.items():
                started = time.perf_counter()
                with Zygote(sandbox, assignment) as zygote:
                    start_ms = (time.perf_counter() - started) * 1e3
                    taken.setdefault(f"start_ms_{how}", []).append(start_ms)
                    optimizers = [_first_optimizer(zygote, assignment) * 1e3 for _ in range(WORKERS)]
                    taken.setdefault(f"first_optimizer_ms_{how}", []).extend(optimizers)
    return {name: statistics.median(values) for name, values in taken.items()}


def _first_optimizer(zygote: Zygote, assignment: Assignment) -> float:
    worker = zygote.worker()
    told = worker.load({"submission.py": SUBMISSION}, ["submission.py"], SECONDS)
    assert isinstance(told, Loaded), told
    answer = worker.call(Call(assignment.contract.hooks["seconds"], (1,)), SECONDS)
    worker.end()
    assert answer.kind is AnswerKind.VALUE, answer
    return float(answer.value)


def _assignment(root: Path, line: str) -> Assignment:
    folder = root / "assignments" / "timed"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(f'title = "timed"\npackages = ["numpy", "torch"]\n{line}{LIMITS}')
    (folder / "contract.py").write_text(CONTRACT)
    return load_assignment(root, "timed")


if __name__ == "__main__":
    main()
