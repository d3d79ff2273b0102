"""How surely the solution reaches what an assignment's learning tests ask for: one training a seed.

    python benchmarks/learning.py lstm               a table, 20 seeds
    python benchmarks/learning.py lstm --json        one object
    python benchmarks/learning.py lstm --implementation reference/lstm/alternatives/loops.py

Runs the hidden tests that use ``learns`` with other seeds, the way grading does: in a sandboxed worker,
judged outside of it.
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import json
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torchgrade.content import find_content_root, load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup
from torchgrade.grading.session import ContentImplementation, Session, with_session
from torchgrade.plugin import load_plugins
from torchgrade.remote.answers import AnswerKind
from torchgrade.testing import Draw, Lesson
from torchgrade.testing.cases import CaseBook, CaseFunctions

Asked = tuple[str, Sequence[Lesson], Mapping[str, Any]]


class Recorder:
    """Stands for the fixture ``learns``, and notes what it is called with."""

    def __init__(self) -> None:
        self.calls: list[Asked] = []

    def __call__(self, hook: str, lessons: Sequence[Lesson], **bounds: Any) -> None:
        """Train nothing yet."""
        self.calls.append((hook, lessons, bounds))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("assignment", help="id of the assignment")
    parser.add_argument("--seeds", type=int, default=20, help="trainings of each test")
    parser.add_argument("--implementation", type=Path, help="module; else the solution")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    root = find_content_root()
    chosen = (
        options.implementation or load_reference(root, load_assignment(root, options.assignment)).solution
    )
    setup = GradingSetup(content_root=str(root), assignment=options.assignment, seed="00" * 32, budgets=False)
    figures: dict[str, dict[str, Any]] = {}

    def body(session: Session) -> None:
        for name, test in learning_tests(root, options.assignment).items():
            drawn = (lessons_of(root, options.assignment, name, test, k) for k in range(options.seeds))
            figures[name] = train(session, chosen, drawn)
            if not options.json:
                told = ", ".join(f"{key} {value}" for key, value in figures[name].items() if key != "scores")
                print(f"{name}: {told}", flush=True)

    with_session(setup, load_plugins(), body)
    if options.json:
        print(json.dumps(figures))


def learning_tests(root: Path, assignment: str) -> dict[str, Callable[..., None]]:
    """Return the hidden tests that ask for ``learns``, by name."""
    found: dict[str, Callable[..., None]] = {}
    for path in sorted((root / "reference" / assignment / "hidden").glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        tests = {name: value for name, value in vars(module).items() if name.startswith("test_")}
        found |= {
            name: test for name, test in tests.items() if "learns" in inspect.signature(test).parameters
        }
    if not found:
        raise SystemExit(f"error: no hidden test of {assignment} uses learns")
    return found


def train(session: Session, path: Path, drawn: Iterable[Asked]) -> dict[str, Any]:
    """Return the scores of each draw's first lesson, how many reach the bound, and how long they take."""
    scores: list[float] = []
    seconds: list[float] = []
    bounds: Mapping[str, Any] = {}
    for hook, lessons, wanted in drawn:
        bounds = wanted
        implementation = ContentImplementation(session.zygote, session.assignment, (path,))
        implementation.start()
        started = time.perf_counter()
        answer = implementation.answer(lessons[0].case.call(session.assignment.contract.hooks[hook]))
        seconds.append(time.perf_counter() - started)
        implementation.close()
        if answer.kind is not AnswerKind.VALUE:
            raise SystemExit(f"error: training {len(scores)} of {hook} came to nothing: {answer}")
        scores.append(lessons[0].score(answer.value))
    at_least = "at_least" in bounds
    bound = bounds["at_least" if at_least else "at_most"]
    return {
        "at_least" if at_least else "at_most": bound,
        "reached": sum(score >= bound if at_least else score <= bound for score in scores),
        "of": len(scores),
        "lowest": round(min(scores), 4),
        "median": round(statistics.median(scores), 4),
        "highest": round(max(scores), 4),
        "median_seconds": round(statistics.median(seconds), 2),
        "scores": [round(score, 5) for score in scores],
    }


def lessons_of(root: Path, assignment: str, name: str, test: Callable[..., None], number: int) -> Asked:
    """Return what a test hands to ``learns`` under seed ``number``."""
    seed = number.to_bytes(32, "big")
    recorder = Recorder()
    functions = CaseFunctions(root / "reference" / assignment / "hidden", seed)
    fixtures = {"learns": recorder, "cases": CaseBook(functions, name), "draw": Draw(seed, name)}
    test(**{key: fixtures[key] for key in inspect.signature(test).parameters})
    if len(recorder.calls) != 1:
        raise SystemExit(f"error: {name} uses learns {len(recorder.calls)} times, not once")
    return recorder.calls[0]


if __name__ == "__main__":
    main()
