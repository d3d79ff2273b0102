"""Grading reference, starter, alternatives, mutants and controls with the hidden tests."""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from fractions import Fraction
from pathlib import Path

import msgspec

from torchgrade.content import Mutant
from torchgrade.contract import Hook
from torchgrade.errors import ContentError
from torchgrade.grading.jobs import GradingSetup, TestInfo
from torchgrade.grading.session import ContentImplementation, Session, with_session
from torchgrade.plugin import Plugins
from torchgrade.remote.answers import Answer, Call, Implementation, MethodCall
from torchgrade.results import Outcome, TestOutcome
from torchgrade.testing.bench import AnswerBook
from torchgrade.testing.compare import WORST
from torchgrade.verify.calibrating import prove_budgets
from torchgrade.verify.controls import CONTROLS, Control, NoneControl
from torchgrade.verify.proof import MARGIN, BudgetProof, ControlProof, ImplementationProof, MutantProof, Proof

__all__ = ["prove"]

TOTAL = 100


def prove(setup: GradingSetup, plugins: Plugins, *, calibrate: bool = False) -> Proof:
    """Grade the content of one assignment.

    Args:
        setup: which one, and how.
        plugins: for their sandboxes.
        calibrate: record how the yardstick compares with the reference.

    Raises:
        UsageError: if there is no such assignment.
        ContentError: if it cannot be graded at all.
    """
    proofs: list[Proof] = []
    with_session(setup, plugins, lambda session: proofs.append(_Prover(session, calibrate=calibrate).prove()))
    return proofs[0]


class _Prover:
    def __init__(self, session: Session, *, calibrate: bool) -> None:
        assert session.reference is not None
        assert session.answers is not None
        self._session = session
        self._calibrate = calibrate
        self._reference = session.reference
        self._answers = session.answers

    def prove(self) -> Proof:
        started = time.perf_counter()
        solution = self._prove_implementation(self._reference.solution)
        starter = self._prove_starter()
        alternatives = tuple(self._prove_implementation(path) for path in self._reference.alternatives)
        mutants = tuple(self._prove_mutant(mutant) for mutant in self._reference.mutants)
        controls = (
            *(self._prove_control(name, Control(self._answers, fill)) for name, fill in CONTROLS.items()),
            self._prove_control("None", NoneControl()),
        )
        suite, tests = self._session.budgets, self._session.suite.tests
        # All that there are: what this machine cannot measure, another can.
        declared = sum((Fraction(budget.points) for budget in suite.budgets), Fraction(0))
        budgets, problems_of_budgets = prove_budgets(
            suite, self._session.assignment, self._reference, calibrate=self._calibrate
        )
        test_points = _points_of(tests)
        max_points = test_points + declared
        problems = [
            *_problems_of_points(max_points),
            *_problems_of_solution(solution, test_points),
            *starter.messages,
            *_problems_of_alternatives(alternatives, test_points),
            *_problems_of_mutants(mutants, {_function(test.id) for test in tests}, self._reference.mutants),
            *_problems_of_controls(controls),
            *problems_of_budgets,
        ]
        return Proof(
            assignment=self._session.assignment.id,
            sandbox=self._session.zygote.level.value,
            max_points=max_points,
            test_points=test_points,
            reference=_with_budgets(solution, budgets),
            starter=starter,
            alternatives=alternatives,
            mutants=mutants,
            controls=controls,
            budgets=budgets,
            problems=tuple(problems),
            seconds=round(time.perf_counter() - started, 3),
        )

    def _run(self, implementation: Implementation, name: str) -> tuple[TestOutcome, ...]:
        outcomes = self._session.suite.run(implementation)
        broken = [test for test in outcomes if test.outcome is Outcome.INTERNAL_ERROR]
        if broken:
            told = broken[0].instructor_message
            raise ContentError(f"test {broken[0].id} is broken: it cannot judge {name}\n{told}")
        return outcomes

    def _run_files(self, name: str, *paths: Path) -> tuple[TestOutcome, ...]:
        implementation = ContentImplementation(self._session.zygote, self._session.assignment, paths)
        try:
            implementation.start()
            return self._run(implementation, name)
        finally:
            implementation.close()

    def _prove_implementation(self, path: Path) -> ImplementationProof:
        outcomes = self._run_files(f"'{path.stem}'", path)
        failing = [test for test in outcomes if test.outcome is not Outcome.PASSED]
        return ImplementationProof(
            name=path.stem,
            points=_points(outcomes),
            failing=tuple(test.id for test in failing),
            messages=tuple(f"{test.id}: {test.student_message}" for test in failing),
        )

    def _prove_starter(self) -> ImplementationProof:
        path = self._session.assignment.starter / "submission.py"
        if not path.exists():
            raise ContentError(f"{path} is missing: an assignment has a starter")
        outcomes = self._run_files("the starter", path)
        odd = [test for test in outcomes if test.outcome is not Outcome.NOT_IMPLEMENTED]
        return ImplementationProof(
            name="starter",
            points=_points(outcomes),
            failing=tuple(test.id for test in outcomes if test.outcome is not Outcome.PASSED),
            messages=tuple(
                f"on the starter {test.id} says '{test.outcome.value}', not 'not implemented'" for test in odd
            ),
        )

    def _prove_mutant(self, mutant: Mutant) -> MutantProof:
        files = (self._reference.solution, mutant.path)
        implementation = ContentImplementation(self._session.zygote, self._session.assignment, files)
        try:
            implementation.start()
            partly = _Partly(implementation, mutant.hooks, self._answers)
            outcomes = self._run(partly, f"mutant '{mutant.name}'")
        finally:
            implementation.close()
        failing = [test for test in outcomes if test.outcome is not Outcome.PASSED]
        killers = {_function(test.id) for test in failing}
        named = [test.id for test in failing if test.cause is not None and test.cause.mutant == mutant.name]
        margins = [_margin(test) for test in failing if _function(test.id) in mutant.killed_by]
        return MutantProof(
            name=mutant.name,
            points=_points(outcomes),
            killed_by=tuple(test.id for test in failing),
            missed_by=tuple(name for name in mutant.killed_by if name not in killers),
            named_by=tuple(named),
            margin=max(margins, default=0.0),
        )

    def _prove_control(self, name: str, control: Implementation) -> ControlProof:
        outcomes = self._run(control, f"control '{name}'")
        passing = [test.id for test in outcomes if test.outcome is Outcome.PASSED and test.max_points]
        return ControlProof(name=name, points=_points(outcomes), passing=tuple(passing))


class _Partly:
    """A mutant that answers for what it replaces; the rest is the reference's, whose answers are known."""

    def __init__(
        self, mutant: ContentImplementation, replaced: Container[str], reference: AnswerBook
    ) -> None:
        self._mutant = mutant
        self._replaced = replaced
        self._reference = reference

    def answer(self, call: Call) -> Answer:
        """Return what came of the call."""
        return self._of(call.hook).answer(call)

    def answer_method(self, call: MethodCall) -> Answer:
        """Return what came of calling a method of an object."""
        return self._of(call.hook).answer_method(call)

    def stands_in(self, hook: Hook) -> AnswerBook | None:
        """Return the reference where it answers for this hook."""
        return None if hook.name in self._replaced else self._reference

    def _of(self, hook: Hook) -> ContentImplementation | AnswerBook:
        return self._mutant if hook.name in self._replaced else self._reference


def _function(test: str) -> str:
    """Return the name of a test's function: that of a parametrised test ends in its parameters."""
    return test.partition("[")[0]


def _margin(test: TestOutcome) -> float:
    """Return how far off a failing test's answers are; without numbers, as far as can be."""
    return WORST if test.error_in_tolerances is None else test.error_in_tolerances


def _points(outcomes: Sequence[TestOutcome]) -> Fraction:
    return sum((test.points for test in outcomes), Fraction(0))


def _points_of(tests: Sequence[TestInfo]) -> Fraction:
    return sum((Fraction(test.max_points) for test in tests), Fraction(0))


def _with_budgets(solution: ImplementationProof, budgets: Sequence[BudgetProof]) -> ImplementationProof:
    """Add what the reference earns by budgets: all where it is inside."""
    earned = sum(budget.points for budget in budgets if budget.ratios and budget.ratios[0].margin >= 1)
    return msgspec.structs.replace(solution, points=solution.points + earned)


def _problems_of_points(max_points: Fraction) -> list[str]:
    return [] if max_points == TOTAL else [f"tests and budgets are worth {max_points} points, not {TOTAL}"]


def _problems_of_solution(proof: ImplementationProof, test_points: Fraction) -> list[str]:
    if proof.points == test_points:
        return []
    return [f"the reference has {proof.points} of {test_points} points in the tests", *proof.messages]


def _problems_of_alternatives(proofs: Sequence[ImplementationProof], test_points: Fraction) -> list[str]:
    problems = [] if len(proofs) > 1 else ["there are fewer than two alternatives"]
    for proof in proofs:
        if proof.points != test_points:
            problems += [f"alternative {proof.name} loses points", *proof.messages]
    return problems


def _problems_of_mutants(
    proofs: Sequence[MutantProof], tests: Container[str], mutants: Sequence[Mutant]
) -> list[str]:
    problems = [] if proofs else ["there are no mutants"]
    for proof, mutant in zip(proofs, mutants, strict=True):
        unknown = [name for name in mutant.killed_by if name not in tests]
        if unknown:
            problems.append(f"mutant {proof.name} names the unknown test {', '.join(unknown)}")
        elif not proof.killed_by:
            problems.append(f"mutant {proof.name} survives: no hidden test notices it")
        elif proof.missed_by:
            problems.append(f"mutant {proof.name} survives {', '.join(proof.missed_by)}")
        elif proof.margin < MARGIN:
            problems.append(
                f"mutant {proof.name} is off by only {proof.margin:.3g} tolerances, which are too few"
                f" (at least {MARGIN:g}): larger cases tell it apart"
            )
        elif not proof.named_by:
            problems.append(f"mutant {proof.name} is killed, but no message names its mistake")
    return problems


def _problems_of_controls(proofs: Sequence[ControlProof]) -> list[str]:
    return [f"control '{proof.name}' passes {', '.join(proof.passing)}" for proof in proofs if proof.passing]
