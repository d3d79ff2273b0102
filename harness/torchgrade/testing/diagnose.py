"""Naming the mistake: whose answers are the student's answers?

A mutant is the solution with one typical mistake. If a student's answers are a mutant's answers on
the same cases, the mutant's hint is what the student needs to hear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torchgrade.content import Mutant
from torchgrade.remote.answers import Answer, AnswerKind, Call
from torchgrade.results import Cause
from torchgrade.testing.bench import AnswerBook
from torchgrade.testing.compare import Tolerance, compare

__all__ = ["Trial", "diagnose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One case: the call, the student's answer, the reference's."""

    call: Call
    student: Answer
    reference: Answer
    agrees: bool


def diagnose(
    trials: Sequence[Trial],
    mutants: Sequence[tuple[Mutant, AnswerBook]],
    test: str,
    tolerance: Tolerance | None = None,
) -> Cause | None:
    """Return the likely mistake behind the trials that do not agree.

    First choice is a mutant that answers like the student on *all* cases; then, where several parts
    are returned, a mutant for each wrong part; then one that explains the most failing cases.

    Args:
        trials: all cases of one comparison, in order.
        mutants: with their answers; those that leave the called hook alone are passed over.
        test: name of the test: of two equals, the mutant that names it is preferred.
        tolerance: of the test, if it has one of its own: what counts as right within it counts as the same
            mistake within it. Two trainings never come to the same digits.
    """
    hook = trials[0].call.hook
    concerned = [(mutant, book) for mutant, book in mutants if hook.name in mutant.hooks]
    concerned.sort(key=lambda pair: test not in pair[0].killed_by)
    answered = [
        (mutant, [(trial, book.answer(trial.call)) for trial in trials]) for mutant, book in concerned
    ]
    for mutant, pairs in answered:
        if all(_same_answer(answer, trial.student, tolerance) for trial, answer in pairs):
            return Cause(mutant=mutant.name, hint=mutant.hint)
    return _diagnose_parts(trials, answered, tolerance) or _diagnose_some(answered, tolerance)


Answered = Sequence[tuple[Mutant, Sequence[tuple[Trial, Answer]]]]


def _diagnose_parts(trials: Sequence[Trial], answered: Answered, tolerance: Tolerance | None) -> Cause | None:
    """Explain each wrong part of a tuple by a mutant of its own: two mistakes at once."""
    names = trials[0].call.result_names
    if not names or any(trial.call.result_names != names for trial in trials):
        return None
    if any(len(_parts(trial.student)) != len(names) for trial in trials):
        return None
    found: dict[str, Mutant] = {}
    for index in range(len(names)):
        if all(_same_part(trial.reference, trial.student, index, tolerance) for trial in trials):
            continue
        for mutant, pairs in answered:
            if all(_same_part(answer, trial.student, index, tolerance) for trial, answer in pairs):
                found[mutant.name] = mutant
                break
    if not found:
        return None
    hints = [mutant.hint for mutant in found.values()]
    return Cause(mutant=" + ".join(found), hint="\nalso: ".join(hints))


def _diagnose_some(answered: Answered, tolerance: Tolerance | None) -> Cause | None:
    """Return the mutant that gives the student's wrong value on the most cases, if any does.

    One that is wrong where the student is right is another mistake than the student's.
    """
    best: tuple[int, Mutant] | None = None
    for mutant, pairs in answered:
        if any(
            trial.agrees and not _same_answer(answer, trial.student, tolerance) for trial, answer in pairs
        ):
            continue
        count = sum(
            1
            for trial, answer in pairs
            if not trial.agrees
            and answer.kind is AnswerKind.VALUE
            and _same_answer(answer, trial.student, tolerance)
        )
        if count and (best is None or count > best[0]):
            best = (count, mutant)
    return None if best is None else Cause(mutant=best[1].name, hint=best[1].hint)


def _same_answer(mutant: Answer, student: Answer, tolerance: Tolerance | None) -> bool:
    if mutant.kind is not student.kind or mutant.changed != student.changed:
        return False
    if mutant.kind is AnswerKind.RAISED:
        assert mutant.raised is not None
        assert student.raised is not None
        return mutant.raised.type == student.raised.type
    return mutant.kind is AnswerKind.VALUE and _same_value(mutant.value, student.value, tolerance)


def _same_part(one: Answer, other: Answer, index: int, tolerance: Tolerance | None) -> bool:
    mine, theirs = _parts(one), _parts(other)
    return index < min(len(mine), len(theirs)) and _same_value(mine[index], theirs[index], tolerance)


def _parts(answer: Answer) -> Sequence[Any]:
    return answer.value if isinstance(answer.value, list | tuple) else ()


def _same_value(one: Any, other: Any, tolerance: Tolerance | None) -> bool:
    """Compare two answers, NaN for NaN: a mutant's overflow is the student's overflow."""
    return compare(one, other, tolerance=tolerance, nan_matches=True).difference is None
