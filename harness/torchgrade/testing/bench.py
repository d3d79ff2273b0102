"""What the tests of a grading process have at hand: the student of the moment, the reference, the mutants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from torchgrade.content import Mutant
from torchgrade.contract import Contract, Hook
from torchgrade.errors import ContentError
from torchgrade.exhibits import Exhibit
from torchgrade.remote.answers import (
    Answer,
    AnswerKind,
    Call,
    HoldsObjects,
    Implementation,
    LooksAhead,
    MethodCall,
)
from torchgrade.testing.messages import describe_raised

__all__ = ["AnswerBook", "Bench", "Borrows", "TestRecord"]

_REFUSALS = frozenset(("ValueError", "TypeError", "KeyError", "IndexError"))


class AnswerBook:
    """Answers of content (reference, mutant), computed once per case and batch.

    Attributes:
        practised: what became of trainings in which the grader answers each step.
        call_seconds: how long it took to answer.
    """

    def __init__(self, implementation: Implementation) -> None:
        self._implementation = implementation
        self._answers: dict[bytes, tuple[Call, Answer]] = {}
        self.practised: dict[object, Any] = {}
        self.call_seconds = 0.0

    @property
    def known(self) -> tuple[tuple[Call, Answer], ...]:
        """All calls so far with their answers."""
        return tuple(self._answers.values())

    def answer_method(self, call: MethodCall) -> Answer:
        """Return what came of calling a method of an object: anew each time, for the object changes."""
        if not isinstance(self._implementation, HoldsObjects):
            return Answer(kind=AnswerKind.DIED, detail="it holds no objects")
        answer = self._implementation.answer_method(call)
        self.call_seconds += answer.wall_seconds
        return answer

    def answer(self, call: Call) -> Answer:
        """Return what came of the call, from memory if it was made before; objects are always made anew."""
        if call.hook.methods and not call.steps:
            answer = self._implementation.answer(call)
            self.call_seconds += answer.wall_seconds
            return answer
        if call.key not in self._answers:
            answer = self._implementation.answer(call)
            self.call_seconds += answer.wall_seconds
            self._answers[call.key] = (call, answer)
        return self._answers[call.key][1]


@runtime_checkable
class Borrows(Protocol):
    """An implementation that has some of its hooks from content."""

    def stands_in(self, hook: Hook) -> AnswerBook | None:
        """Return what answers for ``hook``, if it is borrowed."""
        ...


@dataclass(slots=True)
class TestRecord:
    """What is noted while one test runs.

    Attributes:
        remark: what a student hears if the test passes, such as a figure that was reached.
    """

    __test__ = False

    hooks: dict[str, None] = field(default_factory=dict)
    wall_seconds: float = 0.0
    error_in_tolerances: float | None = None
    exhibits: tuple[Exhibit, ...] = ()
    remark: str = ""

    def note_ratio(self, ratio: float) -> None:
        """Keep the worst error."""
        self.error_in_tolerances = max(ratio, self.error_in_tolerances or 0.0)


class Bench:
    """Shared by all fixtures.

    Args:
        contract: of the assignment.
        seed: the batch's secret seed.
        reference: None for public tests.
        mutants: with the answers of each; empty for public tests.
    """

    def __init__(
        self,
        contract: Contract,
        seed: bytes,
        reference: AnswerBook | None,
        mutants: Sequence[tuple[Mutant, AnswerBook]],
    ) -> None:
        self.contract = contract
        self.seed = seed
        self.reference = reference
        self.mutants = mutants
        self.record = TestRecord()
        self._student: Implementation | None = None
        self._looks_ahead: LooksAhead | None = None
        self._borrows: Borrows | None = None

    @property
    def public(self) -> bool:
        """Whether the tests are public: their messages may hold values."""
        return self.reference is None

    def seat(self, student: Implementation) -> None:
        """Let the next tests judge this implementation."""
        self._student = student
        self._looks_ahead = student if isinstance(student, LooksAhead) else None
        self._borrows = student if isinstance(student, Borrows) else None

    def stands_in(self, hook: Hook) -> AnswerBook | None:
        """Return what answers for the student's ``hook`` if that is content, whose answers do not change."""
        return None if self._borrows is None else self._borrows.stands_in(hook)

    def ask_student(self, call: Call, following: Call | None = None) -> Answer:
        """Return the student's answer and note what was called.

        Args:
            call: what to ask.
            following: what will be asked next, if known.
        """
        assert self._student is not None
        if self._looks_ahead is not None:
            self._looks_ahead.expect(following)
        self.record.hooks[call.hook.name] = None
        answer = self._student.answer(call)
        self.record.wall_seconds += answer.wall_seconds
        return answer

    def ask_students_object(self, call: MethodCall) -> Answer:
        """Return what a method of an object of the student's returned."""
        if not isinstance(self._student, HoldsObjects):
            return Answer(kind=AnswerKind.DIED, detail="it holds no objects")
        answer = self._student.answer_method(call)
        self.record.wall_seconds += answer.wall_seconds
        return answer

    def ask_reference(self, call: Call) -> Answer:
        """Return the reference's answer.

        Raises:
            ContentError: if there is no reference, or it fails in a way that no answer can.
        """
        if self.reference is None:
            raise ContentError("public tests have no reference")
        answer = self.reference.answer(call)
        if answer.changed:
            raise ContentError(f"the reference's {call.hook.name} changes its {', '.join(answer.changed)}")
        if answer.kind not in {AnswerKind.VALUE, AnswerKind.RAISED}:
            raise ContentError(
                f"the reference's {call.hook.name} fails: {answer.detail or answer.kind.value}"
            )
        if answer.raised is not None and not _is_refusal(answer):
            raise ContentError(f"the reference's {call.hook.name} raised {describe_raised(answer.raised)}")
        return answer


def _is_refusal(answer: Answer) -> bool:
    """Tell whether the exception is one that a contract may ask for."""
    return answer.raised is not None and not _REFUSALS.isdisjoint(answer.raised.types)
