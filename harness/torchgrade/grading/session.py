"""A grading session: sandbox, reference, mutants and tests made ready, then a body that uses them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torchgrade
from torchgrade.budget.accelerator import Accelerator
from torchgrade.budget.calibration import read_calibrations
from torchgrade.budget.comparison import Effort
from torchgrade.budget.declaration import load_budgets
from torchgrade.budget.lane import QuietLane
from torchgrade.budget.suite import BudgetSuite, Compared, Modules
from torchgrade.content import Assignment, Mutant, Reference, load_assignment, load_reference
from torchgrade.errors import ContentError, UsageError, did_you_mean
from torchgrade.grading.grader import Grader
from torchgrade.grading.jobs import GradingSetup
from torchgrade.grading.suite import TestSuite, with_tests
from torchgrade.plugin import Plugins
from torchgrade.remote.answers import Answer, AnswerKind, Call, MethodCall
from torchgrade.remote.managed import ManagedImplementation
from torchgrade.remote.zygote import Zygote
from torchgrade.results import Provenance
from torchgrade.sandbox import Level, Probe, Sandbox
from torchgrade.testing.bench import AnswerBook, Bench
from torchgrade.testing.messages import describe_raised

__all__ = ["ContentImplementation", "Session", "choose_sandbox", "with_session"]

SEED_BYTES = 64
ESTIMATE_SECONDS = 1.0
ESTIMATE_WIDTH = 0.1
_ENDED = frozenset((AnswerKind.TIMEOUT, AnswerKind.OUT_OF_TIME, AnswerKind.DIED, AnswerKind.OUT_OF_MEMORY))


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
    budgets: BudgetSuite
    grader: Grader
    answers: AnswerBook | None


class ContentImplementation:
    """The reference, a mutant or an alternative: its worker starts at the first call.

    Args:
        zygote: where its worker comes from.
        assignment: for its limits.
        paths: its modules; a later one replaces hooks of an earlier one.
        steady: it answers for a whole batch, so what ends a worker (the limit of its CPU time, a busy
            machine) ends that worker only, and the call is made once more.
    """

    def __init__(
        self, zygote: Zygote, assignment: Assignment, paths: tuple[Path, ...], *, steady: bool = False
    ) -> None:
        self._zygote = zygote
        self._limits = assignment.manifest.limits
        self._paths = paths
        self._files = {path.name: path.read_bytes() for path in paths}
        self._steady = steady
        self._managed = self._make()
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
        answer = self._managed.answer(call)
        if self._steady and answer.kind in _ENDED:
            self._managed.finish()
            self._managed = self._make()
            self.start()
            answer = self._managed.answer(call)
        return answer

    def answer_method(self, call: MethodCall) -> Answer:
        """Return what came of calling a method of an object."""
        return self._managed.answer_method(call)

    def close(self) -> None:
        """End its worker."""
        self._managed.finish()

    def _make(self) -> ManagedImplementation:
        return ManagedImplementation(self._zygote, self._files, list(self._files), self._limits)


def choose_sandbox(plugins: Plugins, wanted: str, required: str) -> Sandbox:
    """Return the strongest sandbox that works here, or the one that is asked for.

    Raises:
        UsageError: if the level asked for does not work, or none is as strong as required.
    """
    levels = [level.value for level in Level]
    for name, known in ((wanted, ["best", *levels]), (required, levels)):
        if name not in known:
            near = did_you_mean(name, known) or f"; there are: {', '.join(known)}"
            raise UsageError(f"no sandbox level '{name}'{near}")
    least = Level(required)
    if wanted != "best" and Level(wanted).strength < least.strength:
        raise UsageError(f"sandbox level '{wanted}' is below '{required}', the lowest that is allowed")
    offered = sorted((box for _, box in plugins.sandboxes), key=lambda box: -box.level.strength)
    refusals: list[Probe] = []
    for sandbox in offered:
        if sandbox.level.strength < least.strength or wanted not in {"best", sandbox.level.value}:
            continue
        probe = sandbox.probe()
        if probe.works:
            return sandbox
        refusals.append(probe)
    raise UsageError(_explain_refusals(wanted, least, refusals))


def _explain_refusals(wanted: str, least: Level, refusals: Sequence[Probe]) -> str:
    named = f"level '{wanted}'" if wanted != "best" else f"level '{least}' or above"
    lines = [f"no sandbox of {named} works here"]
    for probe in refusals:
        lines.append(f"  {probe.level}: {probe.reason}")
        if probe.advice:
            lines.append(f"    what helps: {probe.advice}")
    lines.append("  'torchgrade doctor' shows what this machine can do")
    if wanted == "best" and least is not Level.PROCESS:
        lines.append(
            "  '--require-sandbox process' grades with less protection, in a process with limits only"
        )
    return "\n".join(lines)


def with_session(
    setup: GradingSetup,
    plugins: Plugins,
    body: Callable[[Session], None],
    on_progress: Callable[[str], None] | None = None,
) -> None:
    """Make everything ready, call ``body``, and leave no process behind.

    Args:
        setup: what to make ready.
        plugins: sandboxes, loaders and rules.
        body: what to do with it.
        on_progress: called with each text that a submission reports of long work.

    Raises:
        UsageError, ContentError, InternalError: if it cannot be made ready.
    """
    seed = _read_seed(setup.seed)
    root = Path(setup.content_root)
    assignment = load_assignment(root, setup.assignment)
    hidden = setup.tests == "hidden"
    reference = load_reference(root, assignment) if hidden else None
    sandbox = choose_sandbox(plugins, setup.sandbox, setup.require_sandbox)
    with ExitStack() as stack:
        zygote = stack.enter_context(Zygote(sandbox, assignment))
        accelerator = stack.enter_context(Accelerator(sandbox, assignment))
        answers, mutants = _content(zygote, assignment, reference, stack)
        bench = Bench(assignment.contract, seed, answers, mutants)
        folder = assignment.public_tests if reference is None else reference.hidden_tests
        provenance = _provenance(setup, assignment, reference, zygote.level)

        def begin(suite: TestSuite) -> None:
            lane = QuietLane(setup.lane)
            budgets = BudgetSuite(
                load_budgets(assignment.budgets_path, assignment.contract),
                assignment=assignment,
                zygote=zygote,
                accelerator=accelerator,
                compared=_compared(assignment, reference) if setup.budgets else None,
                lane=lane,
                first_number=len(suite.tests) + 1,
                effort=_effort(setup, assignment),
            )
            grader = Grader(
                assignment=assignment,
                plugins=plugins,
                zygote=zygote,
                suite=suite,
                budgets=budgets,
                lane=lane,
                reference=answers,
                provenance=provenance,
                on_progress=on_progress,
            )
            body(
                Session(
                    assignment=assignment,
                    reference=reference,
                    zygote=zygote,
                    suite=suite,
                    budgets=budgets,
                    grader=grader,
                    answers=answers,
                )
            )

        with_tests(folder, bench, begin)


def _compared(assignment: Assignment, reference: Reference | None) -> Compared | None:
    """Return what budgets are measured against: the reference, or in a student's kit the yardstick."""
    if reference is not None:
        return Compared(modules=Modules.of(reference.solution))
    if not assignment.yardstick.exists():
        return None
    calibrations = read_calibrations(assignment.calibrations_path)
    return Compared(modules=Modules.of(assignment.yardstick), calibrations=calibrations)


def _effort(setup: GradingSetup, assignment: Assignment) -> Effort:
    """A student at his own machine wants an estimate soon, a grade is to be fair."""
    call_seconds = assignment.manifest.limits.call_seconds
    if setup.tests == "hidden":
        return Effort(seconds=setup.measuring_seconds, call_seconds=call_seconds)
    return Effort(seconds=ESTIMATE_SECONDS, width=ESTIMATE_WIDTH, call_seconds=call_seconds)


def _read_seed(seed: str) -> bytes:
    """Return the seed's bytes.

    Raises:
        UsageError: if it is none that a keyed hash takes.
    """
    try:
        read = bytes.fromhex(seed)
    except ValueError:
        read = b""
    if not 1 <= len(read) <= SEED_BYTES:
        raise UsageError(f"seed '{seed}' is no even number of 2 to {2 * SEED_BYTES} hexadecimal digits")
    return read


def _content(
    zygote: Zygote, assignment: Assignment, reference: Reference | None, stack: ExitStack
) -> tuple[AnswerBook | None, list[tuple[Mutant, AnswerBook]]]:
    if reference is None:
        return None, []

    def book(*paths: Path, steady: bool = False) -> tuple[ContentImplementation, AnswerBook]:
        implementation = ContentImplementation(zygote, assignment, paths, steady=steady)
        stack.callback(implementation.close)
        return implementation, AnswerBook(implementation)

    solution, answers = book(reference.solution, steady=True)
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
