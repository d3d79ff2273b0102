"""A grading session: sandbox, reference, mutants and tests made ready, then a body that uses them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torchgrade
from torchgrade.content import Assignment, Mutant, Reference, load_assignment, load_reference
from torchgrade.errors import ContentError, UsageError
from torchgrade.grading.grader import Grader
from torchgrade.grading.jobs import GradingSetup
from torchgrade.grading.suite import TestSuite, with_tests
from torchgrade.plugin import Plugins
from torchgrade.remote.answers import Answer, Call
from torchgrade.remote.managed import ManagedImplementation
from torchgrade.remote.zygote import Zygote
from torchgrade.results import Provenance
from torchgrade.sandbox import Level, Probe, Sandbox
from torchgrade.testing.bench import AnswerBook, Bench
from torchgrade.testing.messages import describe_raised

__all__ = ["ContentImplementation", "Session", "choose_sandbox", "with_session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """All that is ready once the tests are collected.

    Attributes:
        reference: None for public tests.
    """

    assignment: Assignment
    reference: Reference | None
    zygote: Zygote
    suite: TestSuite
    grader: Grader
    answers: AnswerBook | None


class ContentImplementation:
    """The reference, a mutant or an alternative: its worker starts at the first call.

    Args:
        zygote: where its worker comes from.
        assignment: for its limits.
        paths: its modules; a later one replaces hooks of an earlier one.
    """

    def __init__(self, zygote: Zygote, assignment: Assignment, paths: tuple[Path, ...]) -> None:
        self._paths = paths
        files = {path.name: path.read_bytes() for path in paths}
        names = [path.name for path in paths]
        self._managed = ManagedImplementation(zygote, files, names, assignment.manifest.limits)
        self._started = False

    def start(self) -> None:
        """Import it.

        Raises:
            ContentError: if it cannot be imported or answers not every hook.
        """
        self._started = True
        told = self._managed.start()
        path = self._paths[-1]
        if isinstance(told, Answer):
            why = describe_raised(told.raised) if told.raised is not None else told.detail
            raise ContentError(f"{path} cannot be imported: {why}")
        if told.problems:
            raise ContentError(f"{path}: {told.problems[0][1]}")

    def answer(self, call: Call) -> Answer:
        """Return what came of the call."""
        if not self._started:
            self.start()
        return self._managed.answer(call)

    def close(self) -> None:
        """End its worker."""
        self._managed.finish()


def choose_sandbox(plugins: Plugins, wanted: str, required: str) -> Sandbox:
    """Return the strongest sandbox that works here, or the one that is asked for.

    Raises:
        UsageError: if the level asked for does not work, or none is as strong as required.
    """
    levels = [level.value for level in Level]
    for name in (wanted, required):
        if name not in {*levels, "best"}:
            raise UsageError(f"no sandbox level '{name}'; there are: {', '.join(levels)}")
    offered = sorted((box for _, box in plugins.sandboxes), key=lambda box: -box.level.strength)
    candidates = [box for box in offered if wanted in {"best", box.level.value}]
    refusals: list[Probe] = []
    for sandbox in candidates:
        probe = sandbox.probe()
        if not probe.works:
            refusals.append(probe)
        elif sandbox.level.strength < Level(required).strength:
            break
        else:
            return sandbox
    why = "; ".join(f"{probe.level}: {probe.reason} ({probe.advice})" for probe in refusals)
    raise UsageError(
        f"no sandbox of level '{required}' or above works here{f' [{why}]' if why else ''};"
        " 'torchgrade doctor' tells more, '--require-sandbox process' grades at a lower level"
    )


def with_session(setup: GradingSetup, plugins: Plugins, body: Callable[[Session], None]) -> None:
    """Make everything ready, call ``body``, and leave no process behind.

    Raises:
        UsageError, ContentError, InternalError: if it cannot be made ready.
    """
    root = Path(setup.content_root)
    assignment = load_assignment(root, setup.assignment)
    hidden = setup.tests == "hidden"
    reference = load_reference(root, assignment) if hidden else None
    sandbox = choose_sandbox(plugins, setup.sandbox, setup.require_sandbox)
    with ExitStack() as stack:
        zygote = stack.enter_context(Zygote(sandbox, assignment))
        answers, mutants = _content(zygote, assignment, reference, stack)
        bench = Bench(assignment.contract, bytes.fromhex(setup.seed), answers, mutants)
        folder = assignment.public_tests if reference is None else reference.hidden_tests
        provenance = _provenance(setup, assignment, reference, zygote.level)

        def begin(suite: TestSuite) -> None:
            grader = Grader(
                assignment=assignment,
                plugins=plugins,
                zygote=zygote,
                suite=suite,
                reference=answers,
                provenance=provenance,
            )
            body(
                Session(
                    assignment=assignment,
                    reference=reference,
                    zygote=zygote,
                    suite=suite,
                    grader=grader,
                    answers=answers,
                )
            )

        with_tests(folder, bench, begin)


def _content(
    zygote: Zygote, assignment: Assignment, reference: Reference | None, stack: ExitStack
) -> tuple[AnswerBook | None, list[tuple[Mutant, AnswerBook]]]:
    if reference is None:
        return None, []

    def book(*paths: Path) -> tuple[ContentImplementation, AnswerBook]:
        implementation = ContentImplementation(zygote, assignment, paths)
        stack.callback(implementation.close)
        return implementation, AnswerBook(implementation)

    solution, answers = book(reference.solution)
    solution.start()
    mutants = [(mutant, book(reference.solution, mutant.path)[1]) for mutant in reference.mutants]
    return answers, mutants


def _provenance(
    setup: GradingSetup, assignment: Assignment, reference: Reference | None, level: Level
) -> Provenance:
    packages = {name: importlib.metadata.version(name) for name in assignment.manifest.packages}
    return Provenance(
        engine_version=torchgrade.__version__,
        python=platform.python_version(),
        packages=packages,
        platform=platform.platform(),
        cpu_count=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        sandbox=level.value,
        seed=setup.seed,
        submission_sha256="",
        assignment_sha256=assignment.sha256,
        reference_sha256=reference.sha256 if reference is not None else "",
        started_at="",
        phase_seconds={},
    )
