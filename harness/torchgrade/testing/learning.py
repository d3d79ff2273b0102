"""``learns``: something is trained in the worker, and judged here on data whose labels never go there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torchgrade.errors import ContentError, did_you_mean
from torchgrade.results import Outcome
from torchgrade.testing.bench import Bench
from torchgrade.testing.cases import Case
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.messages import failure_of

__all__ = ["Learns", "Lesson"]

LESSONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One training with its examination.

    Attributes:
        case: makes the learner, has it trained, and asks it:
            ``Case("…", seed=7).then("fit", x, y).then("predict", z)``.
        score: called with the results of the case's steps; returns a figure such as an accuracy, and refuses
            with ``check`` what has the wrong form.
    """

    case: Case
    score: Callable[[Sequence[Any]], float]


class Learns:
    """The ``learns`` fixture."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def __call__(
        self,
        hook: str,
        lessons: Sequence[Lesson],
        *,
        what: str,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Train up to three times, with other seeds; the median counts. Stop when two agree.

        Args:
            hook: name of the contract's function that makes the learner.
            lessons: three, each with its own draws.
            what: the figure, as in ``accuracy on digits that it has not seen``.
            at_least: what it must reach; or
            at_most: what it must not exceed.

        Raises:
            StudentFailure: if two trainings fall short, or one fails.
            ContentError: if the author is at fault.
        """
        spec = self._bench.contract.hooks.get(hook)
        if spec is None:
            near = did_you_mean(hook, self._bench.contract.hooks)
            raise ContentError(f"learns: the contract has no '{hook}'{near}")
        if len(lessons) != LESSONS or (at_least is None) is (at_most is None):
            raise ContentError(f"learns('{hook}', …) takes {LESSONS} lessons, and either at_least or at_most")
        reached: list[float] = []
        missed: list[float] = []
        for lesson in lessons:
            call = lesson.case.call(spec)
            answer = self._bench.ask_student(call)
            failure = failure_of(answer, call, lesson.case.category)
            if failure is not None:
                raise failure
            if not isinstance(answer.value, list) or len(answer.value) != len(call.steps):
                # No worker of ours answers so; a hostile one may.
                raise StudentFailure(Outcome.FAILED, f"what your `{hook}` was asked was not answered")
            score = lesson.score(answer.value)
            good = score >= at_least if at_least is not None else at_most is not None and score <= at_most
            (reached if good else missed).append(score)
            if max(len(reached), len(missed)) > LESSONS // 2:
                break
        if len(missed) > len(reached):
            raise StudentFailure(Outcome.FAILED, _explain(hook, what, reached + missed, at_least, at_most))


def _explain(
    hook: str, what: str, scores: Sequence[float], at_least: float | None, at_most: float | None
) -> str:
    told = ", ".join(f"{score:.3g}" for score in scores)
    wanted = f"at least {at_least:g}" if at_least is not None else f"at most {at_most:g}"
    return (
        f"your `{hook}` learns too little: {what} is {told} in {len(scores)} trainings with different seeds;"
        f" needed: {wanted} in two of three"
    )
