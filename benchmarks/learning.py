"""How surely the solution reaches what an assignment's learning tests ask for: one training a seed.

    python benchmarks/learning.py lstm               a table, 20 seeds
    python benchmarks/learning.py lstm --json        one object
    python benchmarks/learning.py lstm --implementation reference/lstm/alternatives/loops.py
    python benchmarks/learning.py dqn --test cart_pole --gradings

Runs the hidden tests that use ``learns`` with other seeds, the way grading does: in a sandboxed worker,
judged outside of it. With ``--gradings`` each seed is a grading: up to three trainings, of which two
decide; without, it is its first training alone, which asks for more.
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
from torchgrade.contract import Hook
from torchgrade.grading.jobs import GradingSetup
from torchgrade.grading.session import ContentImplementation, Session, with_session
from torchgrade.plugin import load_plugins
from torchgrade.remote.answers import AnswerKind, Call, MethodCall
from torchgrade.remote.proxy import ContractProxy, RemoteObject
from torchgrade.testing import Draw, Lesson, Practice, Scored
from torchgrade.testing.cases import CaseBook, CaseFunctions
from torchgrade.testing.failures import StudentFailure

Training = Lesson | Practice
Asked = tuple[str, Sequence[Training], Mapping[str, Any]]
MAJORITY = 2


class Recorder:
    """Stands for the fixture ``learns``, and notes what it is called with."""

    def __init__(self) -> None:
        self.calls: list[Asked] = []

    def __call__(self, hook: str, lessons: Sequence[Training], **bounds: Any) -> None:
        """Train nothing yet."""
        self.calls.append((hook, lessons, bounds))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("assignment", help="id of the assignment")
    parser.add_argument("--seeds", type=int, default=20, help="trainings of each test")
    parser.add_argument("--test", default="", help="only tests with this word in their names")
    parser.add_argument("--gradings", action="store_true", help="two of three trainings decide")
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
            if options.test not in name:
                continue
            drawn = (lessons_of(root, options.assignment, name, test, k) for k in range(options.seeds))
            figures[name] = train(session, chosen, drawn, gradings=options.gradings)
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


def train(session: Session, path: Path, drawn: Iterable[Asked], *, gradings: bool) -> dict[str, Any]:
    """Return the scores, how many draws reach the bound, and how long one training takes."""
    scores: list[float] = []
    seconds: list[float] = []
    bounds: Mapping[str, Any] = {}
    reached = count = 0
    for hook, lessons, wanted in drawn:
        bounds = wanted
        verdicts: list[bool] = []
        for lesson in lessons if gradings else lessons[:1]:
            started = time.perf_counter()
            score = train_once(session, path, session.assignment.contract.hooks[hook], lesson)
            seconds.append(time.perf_counter() - started)
            scores.append(score)
            verdicts.append(is_enough(score, bounds))
            if max(verdicts.count(True), verdicts.count(False)) == MAJORITY:
                break
        count += 1
        reached += verdicts.count(True) > verdicts.count(False)
    side = "at_least" if "at_least" in bounds else "at_most"
    return {
        side: bounds[side],
        "reached": reached,
        "of": count,
        "lowest": round(min(scores), 4),
        "median": round(statistics.median(scores), 4),
        "highest": round(max(scores), 4),
        "median_seconds": round(statistics.median(seconds), 2),
        "scores": [round(score, 5) for score in scores],
    }


def is_enough(score: float, bounds: Mapping[str, Any]) -> bool:
    """Tell whether one training reaches what is asked for."""
    return bool(score >= bounds["at_least"] if "at_least" in bounds else score <= bounds["at_most"])


def train_once(session: Session, path: Path, hook: Hook, lesson: Training) -> float:
    """Return the figure of one training in a worker of its own."""
    implementation = ContentImplementation(session.zygote, session.assignment, (path,))
    implementation.start()
    try:
        if isinstance(lesson, Practice):
            student = ContractProxy(session.assignment.contract, asking(implementation))
            scored = lesson.train(getattr(student, hook.name)(**lesson.arguments))
        else:
            answer = implementation.answer(lesson.case.call(hook))
            if answer.kind is not AnswerKind.VALUE:
                raise SystemExit(f"error: a training of {hook.name} came to nothing: {answer}")
            scored = lesson.score(answer.value)
    except StudentFailure as failure:
        raise SystemExit(f"error: a training of {hook.name} failed: {failure}") from failure
    finally:
        implementation.close()
    return scored.figure if isinstance(scored, Scored) else scored


def asking(implementation: ContentImplementation) -> Callable[[Hook, tuple[Any, ...]], RemoteObject]:
    """Return what makes an object of an implementation, whose methods can then be called."""

    def make(hook: Hook, arguments: tuple[Any, ...]) -> RemoteObject:
        answer = implementation.answer(Call(hook, arguments))
        if answer.kind is not AnswerKind.VALUE:
            raise SystemExit(f"error: {hook.name} made nothing: {answer}")
        return RemoteObject(hook, answer.value, ask)

    def ask(call: MethodCall) -> list[Any]:
        answer = implementation.answer_method(call)
        if answer.kind is not AnswerKind.VALUE:
            raise SystemExit(f"error: {call.hook.name} did not answer: {answer}")
        results: list[Any] = answer.value
        return results

    return make


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
