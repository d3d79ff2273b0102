"""A race: the time of calls, submission and reference in turn.

The clock starts before the arguments are sent and stops when the whole answer has arrived: a submission
sees its inputs no sooner, and has nothing left to do later. What the ways of arguments and answer take is
measured too, and taken off both. Both run on the same core, in the order A B B A, with new inputs for each
pair. Whenever it is not its turn, all processes of the submission are stopped: it can neither work ahead
nor slow down what it is compared with.

What a process has asked of a GPU goes on while the process is stopped. So there what it is compared with is
measured before the submission is there too, and no time counts that is much longer than that.
"""

from __future__ import annotations

import math
import secrets
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack

from torchgrade.budget.comparison import (
    Comparison,
    Measured,
    TooSlow,
    WrongAnswerError,
    answered,
    patience_seconds,
)
from torchgrade.budget.interval import Interval, ratio_interval
from torchgrade.errors import InternalError
from torchgrade.remote.answers import Answer, AnswerKind, Call
from torchgrade.remote.worker import RemoteWorker
from torchgrade.testing.messages import failure_of

__all__ = ["race"]

WARM_UPS = 2
FEWEST_PAIRS = 8
MOST_PAIRS = 120
SETTLE_SECONDS = 1.0
CALLS_ALONE = 5
# By how much a busy device may slow down what a submission is compared with: clocks move.
MOST_SLOWED = 1.15
# How much of what it is compared with is taken off as ways at the most, and what is left of a call at the
# least once they are, as shares of what it is compared with.
MOST_WAYS = 0.5
LEAST_SHARE = 0.005


def race(comparison: Comparison) -> Measured:
    """Measure until the interval is narrow and on one side of the limit, or time is up.

    Raises:
        WrongAnswerError: if a measured answer of the submission is wrong or none.
        TooSlow: if a call of the submission was stopped.
        ContentError: if what it is compared with fails.
        InternalError: if a worker cannot be started or held.
    """
    with ExitStack() as stack:

        def begin(start: Callable[[], RemoteWorker]) -> RemoteWorker:
            worker = start()
            stack.callback(worker.end)
            return worker

        compared, errand = begin(comparison.compared), begin(comparison.compared)
        longest = math.inf if comparison.budget.device == "cpu" else _longest_seconds(comparison, compared)
        return _Race(comparison, begin(comparison.submission), compared, errand, longest).run()


def _longest_seconds(comparison: Comparison, compared: RemoteWorker) -> float:
    """Return how long what is compared with may take at the most, as it takes without the submission."""
    seconds = []
    for _ in range(WARM_UPS + CALLS_ALONE):
        call = comparison.make_call()
        _prepare(call, compared)
        seconds.append(answered(compared.call(call, comparison.effort.call_seconds)).wall_seconds)
    return MOST_SLOWED * statistics.median(seconds[WARM_UPS:])


class _Race:
    """Both implementations in turn, until it is clear."""

    def __init__(
        self,
        comparison: Comparison,
        submission: RemoteWorker,
        compared: RemoteWorker,
        errand: RemoteWorker,
        longest: float = math.inf,
    ) -> None:
        self._comparison = comparison
        self._errand = errand  # takes the ways only; what keeps its last answer has other memory to reuse
        self._submission = submission
        self._compared = compared
        self._longest = longest
        self._patience = comparison.effort.call_seconds
        self._ways: list[float] = []
        self._pairs: list[tuple[float, float]] = []

    def run(self) -> Measured:
        started = time.monotonic()
        self._warm_up()
        while True:
            self._pairs += self._take_pairs()
            if len(self._pairs) >= FEWEST_PAIRS:
                interval = ratio_interval(self._logarithms())
                late = self._comparison.is_late(time.monotonic() - started, self._theirs())
                if late or len(self._pairs) >= MOST_PAIRS or self._comparison.is_clear(interval):
                    return self._result(interval)

    def _warm_up(self) -> None:
        """Call both once or twice, unmeasured: libraries prepare themselves, and the pace becomes known."""
        effort = self._comparison.effort
        answered(self._errand.keep(SETTLE_SECONDS))
        answered(self._errand.call(self._comparison.make_call(), effort.call_seconds))
        self._hold()
        for _ in range(1 + secrets.randbelow(WARM_UPS)):
            call = self._comparison.make_call()
            right = self._ask_compared(call)
            self._patience = patience_seconds(self._comparison.budget, right.wall_seconds, effort)
            self._let_run()
            answer = self._ask_submission(call, right)
            self._hold()
            self._comparison.verify(call, right, answer)

    def _take_pairs(self) -> list[tuple[float, float]]:
        """Return two pairs: seconds of the submission, and of what it is compared with beside it."""
        first, second = self._comparison.make_call(), self._comparison.make_call()
        right = [self._ask_compared(first)]
        self._let_run()
        answers = [self._ask_submission(first, right[0]), self._ask_submission(second, right[0])]
        self._hold()
        right.append(self._ask_compared(second))
        self._ways.append(self._take_ways(second))
        for call, expected, answer in zip((first, second), right, answers, strict=True):
            self._comparison.verify(call, expected, answer)
        theirs = [min(answer.wall_seconds, self._longest) for answer in right]
        return [(mine.wall_seconds, their) for mine, their in zip(answers, theirs, strict=True)]

    def _take_ways(self, call: Call) -> float:
        _prepare(call, self._errand)
        return answered(self._errand.replay(call, self._comparison.effort.call_seconds)).wall_seconds

    def _ask_compared(self, call: Call) -> Answer:
        _prepare(call, self._compared)
        return answered(self._compared.call(call, self._comparison.effort.call_seconds))

    def _ask_submission(self, call: Call, right: Answer) -> Answer:
        settled = _prepare(call, self._submission)
        if settled.kind is not AnswerKind.VALUE:
            return settled
        answer = self._submission.call(call, self._patience)
        if answer.kind is AnswerKind.TIMEOUT:
            raise TooSlow(self._patience, right.wall_seconds)
        return answer

    def _hold(self) -> None:
        if not self._submission.hold():
            self._explain_end()

    def _let_run(self) -> None:
        if not self._submission.let_run():
            self._explain_end()

    def _explain_end(self) -> None:
        """Tell why a submission cannot be held: it has ended between two calls."""
        answer = self._submission.settle(SETTLE_SECONDS)
        failure = failure_of(answer, self._comparison.make_call(), "")
        if failure is None:
            raise InternalError("a worker could not be held")
        raise WrongAnswerError(failure)

    def _logarithms(self) -> list[float]:
        return [math.log(mine / theirs) for mine, theirs in self._without_ways()]

    def _theirs(self) -> list[float]:
        return [theirs for _, theirs in self._without_ways()]

    def _without_ways(self) -> list[tuple[float, float]]:
        # What they take beyond the least is the machine's doing, and must not be taken off quick calls.
        ways = min(*self._ways, MOST_WAYS * statistics.median(their for _, their in self._pairs))
        theirs = [max(their - ways, LEAST_SHARE * their) for _, their in self._pairs]
        return [
            (max(mine - ways, LEAST_SHARE * their), their)
            for (mine, _), their in zip(self._pairs, theirs, strict=True)
        ]

    def _result(self, interval: Interval) -> Measured:
        pairs = self._without_ways()
        return Measured(
            interval=interval.without_own_spread(self._theirs()),
            submission=statistics.median(mine for mine, _ in pairs),
            compared=statistics.median(theirs for _, theirs in pairs),
        )


def _prepare(call: Call, worker: RemoteWorker) -> Answer:
    """Do what shall not be measured: pack the call, and have the worker collect its garbage."""
    _ = call.packed
    return worker.settle(SETTLE_SECONDS, call.device)
