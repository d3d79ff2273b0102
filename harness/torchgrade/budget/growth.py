"""Growth: the memory that a call takes, from outside.

Each run is the life of a fresh worker that makes one call: the most that it and all that it started ever
held, less that of a worker of the reference that got the same arguments and did not call. So nothing has
to be reset, and what a submission takes before the call, or hides in a child process, is its own too.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

from torchgrade.budget.comparison import Comparison, Measured, TooSlow, answered, patience_seconds
from torchgrade.budget.interval import Interval, ratio_interval
from torchgrade.remote.answers import Answer, AnswerKind, Call
from torchgrade.remote.worker import RemoteWorker

__all__ = ["growth"]

FEWEST_RUNS = 3
MOST_RUNS = 20
# Less than what the system hands out at a time is no figure.
LEAST_BYTES = 64 * 1024

Peaks = tuple[int, ...]


def growth(comparison: Comparison) -> Measured:
    """Measure until the interval is narrow and on one side of the limit, or time is up.

    Raises:
        WrongAnswerError: if a measured answer of the submission is wrong or none.
        TooSlow: if a call of the submission was stopped.
        ContentError: if what it is compared with fails.
        InternalError: if a worker cannot be started.
    """
    started = time.monotonic()
    pairs: list[tuple[int, int]] = []
    while True:
        pairs.append(_take_pair(comparison))
        if len(pairs) < FEWEST_RUNS:
            continue
        interval = ratio_interval([math.log(mine / theirs) for mine, theirs in pairs])
        late = time.monotonic() - started > comparison.effort.seconds
        if late or len(pairs) == MOST_RUNS or comparison.is_clear(interval):
            return _result(interval, pairs)


def _take_pair(comparison: Comparison) -> tuple[int, int]:
    """Return the bytes by which submission and reference grew in one call of each."""
    call, longest = comparison.make_call(), comparison.effort.call_seconds
    idle, _ = _life(comparison.compared, lambda worker: worker.replay(call, longest))
    theirs, right = _life(comparison.compared, lambda worker: worker.call(call, longest))
    answered(right)
    patience = patience_seconds(comparison.budget, right.wall_seconds, comparison.effort)
    mine, answer = _life(comparison.submission, lambda worker: _call(worker, call, patience, right))
    comparison.verify(call, right, answer)
    return _beyond(idle, mine), _beyond(idle, theirs)


def _beyond(idle: Peaks, peaks: Peaks) -> int:
    """Return by how much one life held more than another, each figure compared with its own kind."""
    return max(LEAST_BYTES, *(held - before for held, before in zip(peaks, idle, strict=True)))


def _call(worker: RemoteWorker, call: Call, patience: float, right: Answer) -> Answer:
    answer = worker.call(call, patience)
    if answer.kind is AnswerKind.TIMEOUT:
        raise TooSlow(patience, right.wall_seconds)
    return answer


def _life(start: Callable[[], RemoteWorker], ask: Callable[[RemoteWorker], Answer]) -> tuple[Peaks, Answer]:
    """Return the most bytes that a fresh worker held, asked one thing only, and its answer."""
    worker = start()
    try:
        answer = ask(worker)
    finally:
        worker.end()
    return worker.peaks_bytes, answer


def _result(interval: Interval, pairs: list[tuple[int, int]]) -> Measured:
    return Measured(
        interval=interval.without_own_spread([theirs for _, theirs in pairs]),
        submission=statistics.median(mine for mine, _ in pairs),
        compared=statistics.median(theirs for _, theirs in pairs),
    )
