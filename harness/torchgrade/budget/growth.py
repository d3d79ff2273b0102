"""Growth: the memory that a call takes, from outside.

Each run is the life of a fresh worker that makes one call: the most that it and all that it started ever
held, less that of a worker of the reference that got the same arguments and did not call. So nothing has
to be reset, and what a submission takes before the call, or hides in a child process, is its own too. What
is freed goes back to the system at once: what the C library would keep of it depends on what was freed
before.

On a GPU it is the most memory of the whole device, as its driver tells the grader, while the worker lives;
nobody else may use the device meanwhile.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack, closing

from torchgrade.budget.comparison import Comparison, Measured, TooSlow, answered, patience_seconds
from torchgrade.budget.gpu_memory import Gauge, PeakWatch
from torchgrade.budget.interval import Interval, ratio_interval
from torchgrade.remote.answers import Answer, AnswerKind, Call
from torchgrade.remote.worker import RemoteWorker

__all__ = ["growth"]

FEWEST_RUNS = 3
MOST_RUNS = 20
# Less than what the system hands out at a time is no figure.
LEAST_BYTES = 64 * 1024
LEAST_GPU_BYTES = 2 * 1024 * 1024
TELL_SECONDS = 1.0
MIB = 1024 * 1024

Peaks = tuple[int, ...]


def growth(comparison: Comparison) -> Measured:
    """Measure until the interval is narrow and on one side of the limit, or time is up.

    Raises:
        WrongAnswerError: if a measured answer of the submission is wrong or none.
        TooSlow: if a call of the submission was stopped.
        ContentError: if what it is compared with fails.
        InternalError: if a worker cannot be started.
    """
    with ExitStack() as stack:
        gauge = None if comparison.gauge is None else stack.enter_context(closing(comparison.gauge()))
        return _Growth(comparison, gauge).run()


class _Growth:
    """Lives of workers, one after the other, until it is clear.

    Args:
        comparison: of whose workers.
        gauge: tells the memory of a GPU; None where that of the host counts.
    """

    def __init__(self, comparison: Comparison, gauge: Gauge | None) -> None:
        self._comparison = comparison
        self._gauge = gauge
        self._told: list[int] = []

    def run(self) -> Measured:
        started = time.monotonic()
        pairs: list[tuple[int, int]] = []
        while True:
            pairs.append(self._take_pair())
            if len(pairs) < FEWEST_RUNS:
                continue
            interval = ratio_interval([math.log(mine / theirs) for mine, theirs in pairs])
            late = self._comparison.is_late(time.monotonic() - started, [theirs for _, theirs in pairs])
            if late or len(pairs) == MOST_RUNS or self._comparison.is_clear(interval):
                return _result(interval, pairs, self._told)

    def _take_pair(self) -> tuple[int, int]:
        """Return the bytes by which submission and reference grew in one call of each."""
        comparison = self._comparison
        call, longest = comparison.make_call(), comparison.effort.call_seconds
        idle, _ = self._life(comparison.compared, lambda worker: worker.replay(call, longest))
        theirs, right = self._life(comparison.compared, lambda worker: worker.call(call, longest))
        answered(right)
        patience = patience_seconds(comparison.budget, right.wall_seconds, comparison.effort)

        def ask(worker: RemoteWorker) -> Answer:
            answer = _call(worker, call, patience, right)
            if call.device and answer.kind is AnswerKind.VALUE:
                self._told.append(worker.allocated_bytes(call.device, TELL_SECONDS))
            return answer

        mine, answer = self._life(comparison.submission, ask)
        comparison.verify(call, right, answer)
        least = LEAST_BYTES if self._gauge is None else LEAST_GPU_BYTES
        return max(_beyond(idle, mine), least), max(_beyond(idle, theirs), least)

    def _life(
        self, start: Callable[[], RemoteWorker], ask: Callable[[RemoteWorker], Answer]
    ) -> tuple[Peaks, Answer]:
        """Return the most bytes that a fresh worker held, asked one thing only, and its answer."""
        if self._gauge is None:
            worker, answer = _ended(start, ask, lambda: None)
            return worker.peaks_bytes, answer
        with PeakWatch(self._gauge) as watch:
            _, answer = _ended(start, ask, watch.look)
        watch.check()
        return (watch.peak_bytes,), answer


def _beyond(idle: Peaks, peaks: Peaks) -> int:
    """Return by how much one life held more than another, each figure compared with its own kind."""
    return max(LEAST_BYTES, *(held - before for held, before in zip(peaks, idle, strict=True)))


def _call(worker: RemoteWorker, call: Call, patience: float, right: Answer) -> Answer:
    answer = worker.call(call, patience)
    if answer.kind is AnswerKind.TIMEOUT:
        raise TooSlow(patience, right.wall_seconds)
    return answer


def _ended(
    start: Callable[[], RemoteWorker], ask: Callable[[RemoteWorker], Answer], look: Callable[[], None]
) -> tuple[RemoteWorker, Answer]:
    """Start a worker, ask it, look, and end it; return it with its answer."""
    worker = start()
    try:
        worker.spare(TELL_SECONDS)
        answer = ask(worker)
        look()
    finally:
        worker.end()
    return worker, answer


def _result(interval: Interval, pairs: list[tuple[int, int]], told: list[int]) -> Measured:
    remark = ""
    if told:
        words = f"{statistics.median(told) / MIB:.1f} MiB, its arguments included"
        remark = f"the submission's allocator, in its own words, held at most {words}"
    return Measured(
        interval=interval.without_own_spread([theirs for _, theirs in pairs]),
        submission=statistics.median(mine for mine, _ in pairs),
        compared=statistics.median(theirs for _, theirs in pairs),
        remark=remark,
    )
