"""All budgets of an assignment, judged for submission after submission."""

from __future__ import annotations

import dataclasses
import os
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

from torchgrade.budget.accelerator import ATTEMPT_SECONDS, Accelerator
from torchgrade.budget.calibration import Calibration
from torchgrade.budget.comparison import (
    Comparison,
    Effort,
    Measured,
    TooSlow,
    WrongAnswerError,
    without_collections,
)
from torchgrade.budget.cores import Cores, most_cores, staying_on
from torchgrade.budget.declaration import Budget
from torchgrade.budget.gpu_memory import MemoryGauge
from torchgrade.budget.growth import growth
from torchgrade.budget.lane import QuietLane
from torchgrade.budget.race import race
from torchgrade.budget.verdict import Verdict, judge, judge_too_slow
from torchgrade.content import Assignment
from torchgrade.errors import ContentError
from torchgrade.grading.jobs import TestInfo
from torchgrade.remote.answers import Answer, AnswerKind, Call
from torchgrade.remote.worker import Loaded, RemoteWorker
from torchgrade.remote.zygote import Zygote
from torchgrade.results import Outcome, TestOutcome
from torchgrade.testing.cases import Case, Draw
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.messages import bounded, describe_raised, failure_of

__all__ = ["BudgetSuite", "Compared", "Modules"]

TRIES = 2
SEED_BYTES = 32
_RIGHT_ONLY = "speed and memory count for right answers only"
_OWN_FAULT = "the grader failed to measure this: it is not your fault, and it will be graded again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """The files of an implementation, and which of them hold its hooks."""

    files: Mapping[str, bytes]
    entries: Sequence[str]

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return an implementation that is a single file."""
        return cls(files={path.name: path.read_bytes()}, entries=[path.name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What submissions are compared with.

    Attributes:
        modules: of the reference, or of the yardstick.
        calibrations: how the yardstick compares with the reference, by budget; None if it is the reference.
    """

    modules: Modules
    calibrations: Mapping[str, Calibration] | None = None


class BudgetSuite:
    """Measures what an assignment limits.

    Args:
        budgets: in the order of the assignment.
        assignment: for its contract and limits.
        zygote: where the workers come from.
        compared: what with; None if nothing can be measured.
        lane: keeps the others quiet meanwhile.
        first_number: of the first budget, among the tests.
        effort: how much to do for certainty.
        accelerator: where the workers come from that are measured on a GPU; None to use no GPU.

    Attributes:
        budgets: these.
        tests: their entries among the tests.
    """

    def __init__(
        self,
        budgets: Sequence[Budget],
        *,
        assignment: Assignment,
        zygote: Zygote,
        compared: Compared | None,
        lane: QuietLane,
        first_number: int,
        effort: Effort,
        accelerator: Accelerator | None = None,
    ) -> None:
        self.budgets = tuple(budgets)
        self._assignment = assignment
        self._zygote = zygote
        self._accelerator = accelerator
        self._compared = compared
        self._lane = lane
        self._effort = effort
        self._cores = Cores()
        self.tests = tuple(
            TestInfo(
                id=budget.id,
                number=number,
                title=budget.title,
                max_points="0" if self.why_not_measured(budget) else str(budget.points),
            )
            for number, budget in enumerate(budgets, start=first_number)
        )

    def run(self, submission: Modules, tests: Sequence[TestOutcome]) -> tuple[TestOutcome, ...]:
        """Judge a submission by every budget.

        Args:
            submission: what to measure.
            tests: what it came to in the tests, which are over.
        """
        verdicts = {budget.name: self._foregone(budget, tests) for budget in self.budgets}
        if None in verdicts.values():
            with self._lane.alone():
                for budget in self.budgets:
                    verdicts[budget.name] = verdicts[budget.name] or self.judge(budget, submission)
        return tuple(
            self._outcome(info, budget, verdict)
            for info, budget in zip(self.tests, self.budgets, strict=True)
            if (verdict := verdicts[budget.name]) is not None
        )

    def none_ran(
        self, outcome: Outcome, message: str, instructor_message: str = ""
    ) -> tuple[TestOutcome, ...]:
        """Return the outcomes of a submission of which nothing could be measured."""
        nothing = Verdict(
            outcome=outcome, points=Fraction(0), message=message, instructor_message=instructor_message
        )
        return tuple(
            self._outcome(info, budget, self._impossible(budget) or nothing)
            for info, budget in zip(self.tests, self.budgets, strict=True)
        )

    def judge(self, budget: Budget, submission: Modules) -> Verdict:
        """Judge a submission by one budget; a fault of our own is an internal error."""
        try:
            return self._measure(budget, submission)
        except WrongAnswerError as wrong:
            message = bounded(f"{wrong.failure.student_message}\n{_RIGHT_ONLY}")
            return _without_points(wrong.failure.outcome, message)
        except Exception:
            if not self._source(budget).alive:
                raise
            return Verdict(
                outcome=Outcome.INTERNAL_ERROR,
                points=Fraction(0),
                message=_OWN_FAULT,
                instructor_message=traceback.format_exc()[-8_000:],
            )

    def measure(self, budget: Budget, submission: Modules, *, verifies: bool = True) -> Measured:
        """Measure a submission against what it is compared with, in the present conditions.

        Args:
            budget: by which.
            submission: what.
            verifies: whether its answers must be right, where there is a reference.

        Raises:
            WrongAnswerError, TooSlow: if the submission gives no figure.
            ContentError, InternalError: if it is not the submission's fault.
        """
        assert self._compared is not None
        compared = self._compared.modules
        cores = self._cores.choose(budget.threads)
        comparison = Comparison(
            budget=budget,
            submission=lambda: self._start(budget, submission, cores),
            compared=lambda: self._start_compared(budget, compared, cores),
            make_call=lambda: self._draw(budget),
            verifies=verifies and self._compared.calibrations is None,
            effort=self._effort,
            gauge=self._gauge(budget),
        )
        with staying_on(cores), without_collections():
            measured = growth(comparison) if budget.measures == "memory" else race(comparison)
        self._cores.prove(cores, quiet=comparison.is_clear(measured.interval))
        return measured

    def _measure(self, budget: Budget, submission: Modules) -> Verdict:
        for left in reversed(range(TRIES)):
            try:
                measured = self.measure(budget, submission)
            except TooSlow as stopped:
                if not left:  # a machine can hang for a while, but hardly twice
                    return judge_too_slow(budget, stopped)
                continue
            calibrations = None if self._compared is None else self._compared.calibrations
            with_yardstick = calibrations is not None
            figures = measured if calibrations is None else calibrations[budget.name].convert(measured)
            verdict = judge(budget, figures, with_yardstick=with_yardstick)
            return dataclasses.replace(verdict, instructor_message=measured.remark)
        raise AssertionError

    def why_not_measured(self, budget: Budget) -> str:
        """Say why this machine cannot measure a budget, or nothing."""
        if self._compared is None:
            return "measuring was switched off, or there is no yardstick"
        if self._compared.calibrations is not None and budget.name not in self._compared.calibrations:
            return "the yardstick is not calibrated for it"
        if budget.threads > most_cores():
            return f"it needs {budget.threads} cores"
        if budget.device != "cpu":
            return self._why_not_on_a_gpu(budget)
        hidden = not self._zygote.counts_memory
        if budget.measures == "memory" and self._compared.calibrations is None and hidden:
            return "without control groups memory could be hidden from the count here"
        return ""

    def _why_not_on_a_gpu(self, budget: Budget) -> str:
        accelerator = self._accelerator
        if accelerator is None:
            return "no GPU is to be used"
        return accelerator.why_no_memory() if budget.measures == "memory" else accelerator.why_not()

    def _impossible(self, budget: Budget) -> Verdict | None:
        why = self.why_not_measured(budget)
        return _without_points(Outcome.NOT_MEASURED, f"not measured: {why}") if why else None

    def _foregone(self, budget: Budget, tests: Sequence[TestOutcome]) -> Verdict | None:
        """Return the verdict that needs no measuring, if there is one."""
        impossible = self._impossible(budget)
        if impossible is not None:
            return impossible
        called = [test for test in tests if budget.call in test.hooks]
        missing = next((test for test in called if test.outcome is Outcome.NOT_IMPLEMENTED), None)
        if missing is not None and all(test.outcome is not Outcome.PASSED for test in called):
            return _without_points(Outcome.NOT_IMPLEMENTED, f"your `{budget.call}` is not implemented yet")
        if any(test.outcome is Outcome.TIMEOUT for test in called):
            text = f"not measured: your `{budget.call}` ran into the time limit in the tests"
            return _without_points(Outcome.NOT_RUN, text)
        # No answer can be verified against a yardstick: there the public tests must do.
        assert self._compared is not None
        if self._compared.calibrations is not None and any(
            test.outcome is not Outcome.PASSED for test in called
        ):
            text = f"not measured: first your `{budget.call}` must pass its tests"
            return _without_points(Outcome.NOT_RUN, text)
        return None

    def _draw(self, budget: Budget) -> Call:
        """Make a call with inputs that nobody has seen: no batch's seed leads to them."""
        hook = self._assignment.contract.hooks[budget.call]
        given = budget.inputs(Draw(os.urandom(SEED_BYTES), budget.name))
        case = given if isinstance(given, Case) else Case(budget.title, **given)
        device = "" if budget.device == "cpu" else budget.device
        return dataclasses.replace(case.call(hook), echo=False, device=device)

    def _gauge(self, budget: Budget) -> Callable[[], MemoryGauge] | None:
        if self._accelerator is None or budget.device == "cpu" or budget.measures == "time":
            return None
        return self._accelerator.gauge

    def _source(self, budget: Budget) -> Zygote:
        if budget.device == "cpu":
            return self._zygote
        assert self._accelerator is not None
        return self._accelerator.zygote

    def _start(self, budget: Budget, modules: Modules, cores: Sequence[int]) -> RemoteWorker:
        """Start a worker of the submission.

        Raises:
            WrongAnswerError: if it cannot be imported, or lacks the call.
        """
        worker = self._source(budget).worker(cores)
        told = self._load(budget, worker, modules)
        if not isinstance(told, Answer) and budget.call in told.usable:
            return worker
        worker.end()
        if isinstance(told, Answer):
            failure = failure_of(told, self._draw(budget), "")
            assert failure is not None
            raise WrongAnswerError(failure)
        text = next((text for hook, text in told.problems if hook == budget.call), "")
        missing = text or f"there is no `{budget.call}` that can be called"
        raise WrongAnswerError(StudentFailure(Outcome.NOT_IMPLEMENTED, bounded(missing, 1)))

    def _start_compared(self, budget: Budget, modules: Modules, cores: Sequence[int]) -> RemoteWorker:
        worker = self._source(budget).worker(cores)
        told = self._load(budget, worker, modules)
        if isinstance(told, Answer):
            worker.end()
            why = describe_raised(told.raised) if told.raised is not None else told.detail
            raise ContentError(f"what budgets are measured against cannot be imported: {why}")
        return worker

    def _load(self, budget: Budget, worker: RemoteWorker, modules: Modules) -> Loaded | Answer:
        """Have a worker import its modules, and make the GPU ready for it: the first use takes seconds."""
        limits = self._assignment.manifest.limits
        told = worker.load(modules.files, modules.entries, limits.import_seconds)
        if budget.device == "cpu" or isinstance(told, Answer):
            return told
        ready = worker.attempt(budget.device, ATTEMPT_SECONDS)
        return told if ready.kind is AnswerKind.VALUE else ready

    @staticmethod
    def _outcome(info: TestInfo, budget: Budget, verdict: Verdict) -> TestOutcome:
        return TestOutcome(
            id=info.id,
            number=info.number,
            title=info.title,
            outcome=verdict.outcome,
            points=verdict.points,
            max_points=Fraction(info.max_points),
            hooks=(budget.call,),
            student_message=verdict.message,
            instructor_message=verdict.instructor_message,
            budget=verdict.figures,
        )


def _without_points(outcome: Outcome, message: str) -> Verdict:
    return Verdict(outcome=outcome, points=Fraction(0), message=message)
