"""Two implementations that are measured against each other, and what holds for time and memory alike.

The grader holds the clock. What is compared with, be it reference or yardstick, and the submission are
treated alike in everything, and each answer of the submission is verified after the clock has stopped.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from torchgrade.budget.declaration import Budget
from torchgrade.budget.gpu_memory import MemoryGauge
from torchgrade.budget.interval import Interval, doubt
from torchgrade.errors import ContentError
from torchgrade.remote.answers import Answer, AnswerKind, Call
from torchgrade.remote.worker import RemoteWorker
from torchgrade.results import Outcome
from torchgrade.testing.compare import compare
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.messages import describe_arguments, describe_difference, describe_raised, failure_of

__all__ = [
    "Comparison",
    "Effort",
    "Measured",
    "TooSlow",
    "WrongAnswerError",
    "answered",
    "patience_seconds",
    "without_collections",
]

# So many times inside of a limit, or by memory, of which limits are coarse, so many times the width will do.
FAR_INSIDE = 2.0
# Where what a submission is compared with spreads so far, so much more time is taken to measure.
UNQUIET = 0.1
TIMES_LONGER = 3.0
# How much longer than what loses all points a call may take before it is stopped.
_PATIENCE = 4.0
_PATIENCE_BY_MEMORY = 400.0
_LEAST_PATIENCE_SECONDS = 1.0
_LEAST_PATIENCE_ON_A_GPU_SECONDS = 10.0  # where the first call of each operation loads it


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is done for certainty.

    Attributes:
        seconds: after which no new pair is begun; thrice as many where the machine is unquiet.
        width: of the interval, to each side, that is wanted: 0.02 is 2 %.
        call_seconds: what one call may take in any case.
    """

    seconds: float = 4.0
    width: float = 0.02
    call_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of it.

    Attributes:
        submission, compared: median seconds of a call, or bytes.
        remark: for the instructor.
    """

    interval: Interval
    submission: float
    compared: float
    remark: str = ""


class WrongAnswerError(Exception):
    """The submission did not answer a measured call rightly."""

    def __init__(self, failure: StudentFailure) -> None:
        super().__init__(failure.student_message)
        self.failure = failure


class TooSlow(Exception):  # noqa: N818 - a finding, not an error
    """A call was stopped.

    Attributes:
        seconds: after so many.
        compared: seconds of what it is compared with.
    """

    def __init__(self, seconds: float, compared: float) -> None:
        super().__init__(f"stopped after {seconds:.3g} s")
        self.seconds = seconds
        self.compared = compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two implementations and what they are asked.

    Attributes:
        budget: which one is measured.
        submission: starts a fresh worker of the submission, its modules imported, on the cores agreed.
        compared: starts one of what it is compared with.
        make_call: makes a call with new inputs.
        verifies: whether the answers of ``compared`` are right, so that those of the submission must agree.
        effort: how much to do.
        gauge: opens what tells how much of a GPU's memory is in use; None where that of the host counts.
    """

    budget: Budget
    submission: Callable[[], RemoteWorker]
    compared: Callable[[], RemoteWorker]
    make_call: Callable[[], Call]
    verifies: bool
    effort: Effort
    gauge: Callable[[], MemoryGauge] | None = None

    def is_clear(self, interval: Interval) -> bool:
        """Tell whether the interval is on one side of the limit for full marks, and narrow enough.

        A student far inside has all points whatever the next digit is.
        """
        budget, width = self.budget, self.effort.width
        if interval.low > budget.zero_marks:
            return True
        if budget.measures == "memory" or interval.high <= budget.full_marks / FAR_INSIDE:
            width *= FAR_INSIDE
        sided = interval.high <= budget.full_marks or interval.low > budget.full_marks
        return sided and interval.width <= width

    def is_late(self, seconds: float, compared: Sequence[float]) -> bool:
        """Tell whether no more time is to be spent.

        A submission that wastes its time is left with few pairs: where the machine leaves much doubt about
        what it is compared with, more are taken, so that the doubt is not to its benefit.

        Args:
            seconds: spent so far.
            compared: figures of what it is compared with, one for each pair.
        """
        most = self.effort.seconds
        return seconds > most and (seconds > TIMES_LONGER * most or doubt(compared) <= UNQUIET)

    def verify(self, call: Call, right: Answer, answer: Answer) -> None:
        """Check an answer of the submission.

        Raises:
            WrongAnswerError: if it is wrong, or none.
        """
        failure = failure_of(answer, call, "a measured call")
        if failure is None and self.verifies:
            names, tolerance = call.result_names, self.budget.tolerance
            found = compare(right.value, answer.value, names=names, tolerance=tolerance)
            if found.difference is not None:
                text = (
                    f"{call.hook.name}: {describe_difference(found.difference)}"
                    "\ncase: a measured call (the answer of each is verified)"
                    f"\narguments: {describe_arguments(call)}"
                )
                failure = StudentFailure(Outcome.FAILED, text)
        if failure is not None:
            raise WrongAnswerError(failure)


def patience_seconds(budget: Budget, compared_seconds: float, effort: Effort) -> float:
    """Return how long a call of the submission may take, given what it is compared with took."""
    times = _PATIENCE * budget.zero_marks
    if budget.measures == "memory":  # who is slow may yet take little
        times = max(times, _PATIENCE_BY_MEMORY)
    slowest = times * compared_seconds
    least = _LEAST_PATIENCE_SECONDS if budget.device == "cpu" else _LEAST_PATIENCE_ON_A_GPU_SECONDS
    return min(max(slowest, least), effort.call_seconds)


def answered(answer: Answer) -> Answer:
    """Return the answer of what a submission is compared with.

    Raises:
        ContentError: if it is none.
    """
    if answer.kind is AnswerKind.VALUE:
        return answer
    why = describe_raised(answer.raised) if answer.raised is not None else answer.detail
    raise ContentError(f"what a budget is measured against does not answer: {why or answer.kind.value}")


@contextmanager
def without_collections() -> Iterator[None]:
    """Have the grader itself collect no garbage while the clock runs."""
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
