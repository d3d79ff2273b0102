"""``agree``: the student's answers against the reference's, case by case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torchgrade.contract import Hook
from torchgrade.errors import ContentError, did_you_mean
from torchgrade.remote.answers import Answer, AnswerKind
from torchgrade.results import Cause, Outcome
from torchgrade.testing.bench import Bench
from torchgrade.testing.cases import Case
from torchgrade.testing.compare import WORST, Difference, Tolerance, compare
from torchgrade.testing.diagnose import Trial, diagnose
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.messages import (
    describe_arguments,
    describe_difference,
    describe_raised,
    describe_values,
    failure_of,
)

__all__ = ["Agree"]

_FATAL = frozenset((AnswerKind.TIMEOUT, AnswerKind.OUT_OF_TIME, AnswerKind.MISSING))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What one case came to; ``failure`` is None where the answers agree."""

    failure: StudentFailure | None
    ratio: float = 0.0
    difference: Difference | None = None


class Agree:
    """The ``agree`` fixture of one test."""

    def __init__(self, bench: Bench, test: str) -> None:
        self._bench = bench
        self._test = test

    def __call__(self, hook: str, cases: Sequence[Case], tolerance: Tolerance | None = None) -> None:
        """Call student and reference on each case and compare.

        Checked in turn: structure, shape, dtype, finiteness, values, and that no argument was changed.
        Where the reference raises, the student must raise the same type or a subclass of it.

        Args:
            hook: name of the contract's function.
            cases: smallest first: the first that differs is reported.
            tolerance: by default each dtype has its own.

        Raises:
            StudentFailure: if they do not agree; with the likely mistake, if a mutant tells it.
            ContentError: if the author is at fault.
        """
        spec = self._bench.contract.hooks.get(hook)
        if spec is None:
            near = did_you_mean(hook, self._bench.contract.hooks)
            raise ContentError(f"agree: the contract has no '{hook}'{near}")
        if not cases:
            raise ContentError(f"agree('{hook}', …) has no cases")
        trials: list[Trial] = []
        first: tuple[Case, _Verdict] | None = None
        for case, following in zip(cases, [*cases[1:], None], strict=True):
            trial, verdict = self._try(spec, case, following, tolerance)
            trials.append(trial)
            self._bench.record.note_ratio(verdict.ratio)
            if verdict.failure is not None and first is None:
                first = (case, verdict)
            if trial.student.kind in _FATAL:
                break
        if first is not None:
            raise self._failure(spec, *first, trials, len(cases), tolerance=tolerance)

    def _try(
        self, hook: Hook, case: Case, following: Case | None, tolerance: Tolerance | None
    ) -> tuple[Trial, _Verdict]:
        call = case.call(hook)
        # The student first: nothing of the reference's answer exists anywhere near while it works.
        student = self._bench.ask_student(call, None if following is None else following.call(hook))
        reference = self._bench.ask_reference(call)
        verdict = _judge(hook, case, student, reference, tolerance)
        trial = Trial(call=call, student=student, reference=reference, agrees=verdict.failure is None)
        return trial, verdict

    def _failure(
        self,
        hook: Hook,
        case: Case,
        verdict: _Verdict,
        trials: Sequence[Trial],
        total: int,
        *,
        tolerance: Tolerance | None,
    ) -> StudentFailure:
        failure = verdict.failure
        assert failure is not None
        comparable = all(trial.student.kind not in _FATAL for trial in trials)
        silent = failure.outcome in {Outcome.NOT_IMPLEMENTED, Outcome.TIMEOUT, Outcome.MEMORY}
        cause: Cause | None = None
        if comparable and not silent:
            cause = diagnose(trials, self._bench.mutants, self._test, tolerance)
        wrong = sum(not trial.agrees for trial in trials)
        counted = f"\n{wrong} of {total} cases differ" if total > 1 and len(trials) == total else ""
        values = describe_values(verdict.difference) if verdict.difference is not None else ""
        told = [values, f"mutant: {cause.mutant}" if cause else "", f"case: {case.category} ({hook.name})"]
        return StudentFailure(
            failure.outcome,
            failure.student_message + ("" if silent else counted),
            "\n".join(line for line in told if line),
            cause,
        )


def _judge(
    hook: Hook, case: Case, student: Answer, reference: Answer, tolerance: Tolerance | None
) -> _Verdict:
    if reference.raised is not None:
        return _judge_refusal(hook, case, student, reference)
    failure = failure_of(student, case.call(hook), case.category)
    if failure is not None:
        return _Verdict(failure=failure, ratio=WORST)
    parts = case.call(hook).result_names
    comparison = compare(reference.value, student.value, names=parts, tolerance=tolerance)
    if comparison.difference is not None:
        text = f"{hook.name}: {describe_difference(comparison.difference)}{_place(hook, case)}"
        failure = StudentFailure(Outcome.FAILED, text)
        return _Verdict(failure=failure, ratio=comparison.ratio, difference=comparison.difference)
    if student.changed:
        names = ", ".join(f"`{name}`" for name in student.changed)
        text = f"your `{hook.name}` changes its argument {names}; the contract forbids it{_place(hook, case)}"
        return _Verdict(failure=StudentFailure(Outcome.FAILED, text), ratio=WORST)
    return _Verdict(failure=None, ratio=comparison.ratio)


def _place(hook: Hook, case: Case) -> str:
    return f"\ncase: {case.category}\narguments: {describe_arguments(case.call(hook))}"


def _judge_refusal(hook: Hook, case: Case, student: Answer, reference: Answer) -> _Verdict:
    assert reference.raised is not None
    wanted = reference.raised.type
    types = () if student.raised is None else student.raised.types
    if wanted in types:
        return _Verdict(failure=None)
    if student.kind is AnswerKind.VALUE:
        text = f"your `{hook.name}` returned something where it must raise {wanted}{_place(hook, case)}"
    elif student.raised is not None and not {"NotImplementedError", "MemoryError"}.intersection(types):
        told = describe_raised(student.raised)
        text = f"your `{hook.name}` must raise {wanted} here; it raised {told}{_place(hook, case)}"
    else:
        return _Verdict(failure=failure_of(student, case.call(hook), case.category), ratio=WORST)
    return _Verdict(failure=StudentFailure(Outcome.FAILED, text), ratio=WORST)
