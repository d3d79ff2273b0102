"""How fair budgets are: whether ratios repeat, and verdicts are right, beside a noisy neighbour.

    python benchmarks/fairness.py            a table
    python benchmarks/fairness.py --json     one object

Everything runs as in grading: the suite of budgets, a sandbox, live workers. Time: a submission that does
the reference's work one and a half times (``lstm_and_attention/``). What its true ratio is, is measured
while the machine is idle, by gradings in turn with gradings beside a neighbour (``neighbour.py``) that
keeps another core busy in bursts. ``ratio_cv`` is the coefficient of variation of the latter. Then limits
for full marks are planted such that this ratio is 0.8 times the one (inside) and 1.25 times the other
(outside), and ``wrong_verdicts`` counts the verdicts on the other side; ``undecided`` those on none.
Memory: attention that takes O(T) memory in two ways, which must be inside, and O(T²), which must not.
Memory is measured beside the neighbour too. What else goes on is told by ``load_average``: only a machine
that is idle otherwise gives ``idle_ratio`` its name.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torchgrade.budget import Budget
from torchgrade.budget.suite import BudgetSuite, Modules
from torchgrade.grading.jobs import GradingSetup
from torchgrade.grading.session import Session, with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import BudgetFigures, BudgetVerdict

HERE = Path(__file__).resolve().parent
ROOT = HERE / "lstm_and_attention"
BLOCK = 5
ZERO_MARKS = 4.0  # times the limit for full marks
INSIDE, OUTSIDE = 0.8, 1.25  # the planted ratio, as a share of the limit for full marks


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--gradings", type=int, default=50, help="for the ratio, idle and loaded each")
    parser.add_argument("--verdicts", type=int, default=200, help="on time, half of them on each side")
    parser.add_argument("--memory", type=int, default=100, help="gradings by memory of each submission")
    parser.add_argument("--sandbox", default="isolated", help="sandbox level")
    parser.add_argument("--core", type=int, default=min(os.sched_getaffinity(0)), help="the neighbour's")
    options = parser.parse_args()
    if options.gradings < 2:  # noqa: PLR2004 - a spread needs two
        parser.error("--gradings must be at least 2")
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:24} {value}")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return all figures."""
    found: dict[str, Any] = {}

    def body(session: Session) -> None:
        grader = _Grader(session.budgets)
        time_budget, *memory_budgets = session.budgets.budgets
        idle_ratio, repeated = _repeat(grader, time_budget, options)
        _tell(found, repeated)
        with _neighbour(options.core):
            _tell(found, _plant(grader, time_budget, idle_ratio, options))
            _tell(found, _tell_apart(grader, memory_budgets, options))

    begun = os.getloadavg()
    setup = GradingSetup(
        content_root=str(ROOT), assignment="fair", seed=secrets.token_hex(32), sandbox=options.sandbox
    )
    with_session(setup, load_plugins(), body)
    averages = [round(load, 2) for load in (begun[1], os.getloadavg()[1])]
    return {**found, "sandbox": options.sandbox, "load_average": averages}


def _tell(found: dict[str, Any], figures: dict[str, Any]) -> None:
    """Add figures; say them now, for all of it takes many minutes."""
    found.update(figures)
    print(json.dumps(figures), file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class _Graded:
    """The figures of one budget, and the seconds that it cost."""

    figures: BudgetFigures
    seconds: float


class _Grader:
    """Judges the submissions of the benchmark, all of which answer rightly."""

    def __init__(self, suite: BudgetSuite) -> None:
        self._suite = suite

    def judge(self, budget: Budget, *names: str) -> _Graded:
        """Judge files by a budget; the first has the hooks."""
        paths = [ROOT / name for name in names]
        modules = Modules(files={path.name: path.read_bytes() for path in paths}, entries=[paths[0].name])
        started = time.perf_counter()
        verdict = self._suite.judge(budget, modules)
        if verdict.figures is None:
            raise RuntimeError(f"{budget.name}: {verdict.message}\n{verdict.instructor_message}")
        return _Graded(verdict.figures, time.perf_counter() - started)

    def judge_planted(self, budget: Budget, full_marks: float) -> _Graded:
        """Judge the submission whose ratio is known by a limit."""
        limited = replace(budget, full_marks=full_marks, zero_marks=ZERO_MARKS * full_marks)
        return self.judge(limited, "submissions/half_more.py", "reference/fair/solution.py")


@contextmanager
def _neighbour(core: int) -> Iterator[None]:
    """Have a neighbour make noise meanwhile."""
    command = [sys.executable, str(HERE / "neighbour.py"), str(core)]
    pipe = subprocess.PIPE
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.stdin.close()


def _repeat(grader: _Grader, budget: Budget, options: argparse.Namespace) -> tuple[float, dict[str, Any]]:
    """Grade one submission again and again, in turn idle and beside the neighbour."""
    idle: list[float] = []
    loaded: list[float] = []
    grader.judge_planted(budget, budget.full_marks)
    while len(loaded) < options.gradings:
        count = min(BLOCK, options.gradings - len(loaded))
        idle += _ratios(grader, budget, count)
        with _neighbour(options.core):
            loaded += _ratios(grader, budget, count)
    idle_ratio, loaded_ratio = statistics.fmean(idle), statistics.fmean(loaded)
    return idle_ratio, {
        "ratio_cv": _variation(loaded),
        "idle_ratio_cv": _variation(idle),
        "idle_ratio": round(idle_ratio, 4),
        "loaded_ratio": round(loaded_ratio, 4),
        "idle_loaded_difference": round(abs(loaded_ratio / idle_ratio - 1), 4),
        "gradings": len(loaded),
    }


def _ratios(grader: _Grader, budget: Budget, count: int) -> list[float]:
    return [grader.judge_planted(budget, budget.full_marks).figures.ratio for _ in range(count)]


def _plant(grader: _Grader, budget: Budget, true_ratio: float, options: argparse.Namespace) -> dict[str, Any]:
    """Judge the submission by limits on either side of its ratio."""
    wrong_of = {INSIDE: BudgetVerdict.OUTSIDE, OUTSIDE: BudgetVerdict.INSIDE}
    verdicts: Counter[BudgetVerdict] = Counter()
    wrong = 0
    seconds: list[float] = []
    for number in range(options.verdicts):
        share = (INSIDE, OUTSIDE)[number % 2]
        graded = grader.judge_planted(budget, true_ratio / share)
        verdicts[graded.figures.verdict] += 1
        wrong += graded.figures.verdict in {wrong_of[share], BudgetVerdict.IMPLAUSIBLE}
        seconds.append(graded.seconds)
    return {
        "verdicts": options.verdicts,
        "wrong_verdicts": wrong,
        "undecided": verdicts[BudgetVerdict.UNDECIDED],
        "seconds_per_budget": round(statistics.fmean(seconds), 2) if seconds else None,
        "slowest_budget_seconds": round(max(seconds), 2) if seconds else None,
    }


def _tell_apart(grader: _Grader, budgets: Sequence[Budget], options: argparse.Namespace) -> dict[str, Any]:
    """Judge attention by its memory: two submissions that must be inside, one that must not."""
    alarms = missed = 0
    ratios: dict[str, dict[str, list[float]]] = {}
    seconds: list[float] = []
    honest = ("reference/fair/solution.py", "submissions/running_sums.py")
    for number in range(options.memory):
        budget = budgets[number % len(budgets)]
        for name in (*honest, "submissions/all_pairs.py"):
            graded = grader.judge(budget, name)
            inside = graded.figures.verdict is BudgetVerdict.INSIDE
            alarms += name in honest and not inside
            missed += name not in honest and graded.figures.verdict is not BudgetVerdict.OUTSIDE
            seconds.append(graded.seconds)
            length = budget.name.rpartition("_")[2]
            ratios.setdefault(Path(name).stem, {}).setdefault(length, []).append(graded.figures.ratio)
    return {
        "memory_gradings": len(seconds),
        "memory_alarms": alarms,
        "memory_missed": missed,
        "memory_ratios": {
            name: {length: [round(min(all_), 2), round(max(all_), 2)] for length, all_ in by_length.items()}
            for name, by_length in ratios.items()
        },
        "memory_seconds_per_budget": round(statistics.fmean(seconds), 2) if seconds else None,
    }


def _variation(ratios: Sequence[float]) -> float | None:
    return round(statistics.stdev(ratios) / statistics.fmean(ratios), 4) if len(ratios) > 1 else None


if __name__ == "__main__":
    main()
