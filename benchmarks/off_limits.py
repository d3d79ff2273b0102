"""What off-limits names cost: the start of a zygote, and calls of what stays permitted.

    python benchmarks/off_limits.py            a table
    python benchmarks/off_limits.py --json     one object

Zygotes of one assignment with torch, in turn with and without the names and operators of an assignment
on LSTM and attention. In a worker of each the same permitted operators are timed, in turn too. Only the
ratios mean much.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from torchgrade.content import Assignment, load_assignment
from torchgrade.grading.session import choose_sandbox
from torchgrade.plugin import load_plugins
from torchgrade.remote.answers import AnswerKind, Call
from torchgrade.remote.worker import Loaded, RemoteWorker
from torchgrade.remote.zygote import Zygote

SECONDS = 60.0
REPEATS = 9
LIMITS = "[limits]\nimport_seconds = 30\ncall_seconds = 30\nmemory_mib = 1024\n"
OFF_LIMITS = """
off_limits = [
    "torch.nn.LSTM*", "torch.nn.MultiheadAttention", "torch.nn.Transformer*", "torch.optim",
    "torch.nn.functional.scaled_dot_product_attention", "torch.Tensor.backward", "torch.autograd.grad",
]
off_limits_ops = ["aten::lstm*"]
"""
CONTRACT = "from torchgrade import hookspec\n@hookspec(firstresult=True)\ndef seconds(rounds): ...\n"
SUBMISSION = b"""
import time
import torch
from torchgrade import hookimpl

x, w = torch.ones(4, 4), torch.ones(4, 4)
layer = torch.nn.Linear(4, 4)

@hookimpl
def seconds(rounds):
    started = time.perf_counter()
    for _ in range(rounds):
        torch.softmax(layer(x @ w).relu(), -1)
    return (time.perf_counter() - started) / rounds
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
        print(f"{name:16} {value:10.3f}")


def measure(level: str) -> dict[str, float]:
    """Return medians: zygote starts in ms, permitted calls in µs, and the ratios with / without."""
    sandbox = choose_sandbox(load_plugins(), level, "process")
    starts: dict[str, list[float]] = {"": [], OFF_LIMITS: []}
    calls: dict[str, list[float]] = {"": [], OFF_LIMITS: []}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        assignments = {
            names: _assignment(Path(folder) / str(i), names) for i, names in enumerate(("", OFF_LIMITS))
        }
        for _ in range(REPEATS):
            for names, assignment in assignments.items():
                started = time.perf_counter()
                with Zygote(sandbox, assignment):
                    starts[names].append((time.perf_counter() - started) * 1e3)
        workers = {
            names: _worker(stack.enter_context(Zygote(sandbox, assignment)))
            for names, assignment in assignments.items()
        }
        hook = assignments[""].contract.hooks["seconds"]
        for _ in range(4 * REPEATS):
            for names, worker in workers.items():
                answer = worker.call(Call(hook, (2_000,)), SECONDS)
                assert answer.kind is AnswerKind.VALUE, answer
                calls[names].append(answer.value * 1e6)
        for worker in workers.values():
            worker.end()
    figures: dict[str, float] = {}
    for what, measured in (("start_ms", starts), ("calls_us", calls)):
        without, with_names = (statistics.median(measured[names]) for names in ("", OFF_LIMITS))
        ratios = [b / a for a, b in zip(measured[""], measured[OFF_LIMITS], strict=True)]
        figures |= {what: without, f"{what}_with": with_names, f"{what}_ratio": statistics.median(ratios)}
    return figures


def _assignment(root: Path, names: str) -> Assignment:
    folder = root / "assignments" / "timed"
    folder.mkdir(parents=True)
    manifest = f'title = "timed"\npackages = ["numpy", "torch"]\n{names}{LIMITS}'
    (folder / "assignment.toml").write_text(manifest)
    (folder / "contract.py").write_text(CONTRACT)
    return load_assignment(root, "timed")


def _worker(zygote: Zygote) -> RemoteWorker:
    worker = zygote.worker()
    told = worker.load({"submission.py": SUBMISSION}, ["submission.py"], SECONDS)
    assert isinstance(told, Loaded), told
    return worker


if __name__ == "__main__":
    main()
