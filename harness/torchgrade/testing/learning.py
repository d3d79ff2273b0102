"""``learns``: something is trained in the worker, and judged here on data whose labels never go there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torchgrade.contract import Hook
from torchgrade.errors import ContentError, did_you_mean
from torchgrade.exhibits import Exhibit
from torchgrade.remote.proxy import ContractProxy, RemoteObject
from torchgrade.results import Outcome
from torchgrade.testing.bench import Bench
from torchgrade.testing.cases import Case
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.messages import failure_of

__all__ = ["Learns", "Lesson", "Practice", "Scored"]

LESSONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What became of a training.

    Attributes:
        figure: such as an accuracy.
        exhibits: pictures for the student's page.
    """

    figure: float
    exhibits: Sequence[Exhibit] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One training with its examination.

    Attributes:
        case: makes the learner, has it trained, and asks it:
            ``Case("…", seed=7).then("fit", x, y).then("predict", z)``.
        score: called with the results of the case's steps; returns a figure such as an accuracy, perhaps
            with pictures, and refuses with ``check`` what has the wrong form.
    """

    case: Case
    score: Callable[[Sequence[Any]], float | Scored]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Practice:
    """One training in which the grader answers each step: an environment that the worker never holds.

    Attributes:
        arguments: of the hook that makes the learner, by name.
        train: called with what stands for the learner here; asks it and tells it things
            (``agent.act(observation, True)``; ``agent.in_turn(…)`` for several calls in one round trip), and
            returns a figure such as a mean return, perhaps with pictures. Whatever the learner answers may
            be wrong in any way: refuse it with ``check``.
    """

    arguments: Mapping[str, Any]
    train: Callable[[RemoteObject], float | Scored]


class Learns:
    """The ``learns`` fixture.

    Args:
        bench: what it works on.
        student: makes the learners of practices.
    """

    def __init__(self, bench: Bench, student: ContractProxy) -> None:
        self._bench = bench
        self._student = student

    def __call__(
        self,
        hook: str,
        lessons: Sequence[Lesson | Practice],
        *,
        what: str,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Train up to three times, with other seeds; the median counts. Stop when two agree.

        Args:
            hook: name of the contract's function that makes the learner.
            lessons: three, each with its own draws. The pictures of the one with the median are shown.
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
        reached: list[Scored] = []
        missed: list[Scored] = []
        for lesson in lessons:
            scored = self._train(spec, lesson)
            figure = scored.figure
            good = figure >= at_least if at_least is not None else at_most is not None and figure <= at_most
            (reached if good else missed).append(scored)
            if max(len(reached), len(missed)) > LESSONS // 2:
                break
        by_figure = sorted(reached + missed, key=lambda each: each.figure)
        self._bench.record.exhibits += tuple(by_figure[(len(by_figure) - 1) // 2].exhibits)
        told = _tell(what, [each.figure for each in reached + missed], at_least, at_most)
        if len(missed) > len(reached):
            raise StudentFailure(Outcome.FAILED, f"your `{hook}` learns too little: {told}")
        self._bench.record.remark = told

    def _train(self, spec: Hook, lesson: Lesson | Practice) -> Scored:
        scored = self._attend(spec, lesson) if isinstance(lesson, Lesson) else self._practise(spec, lesson)
        return scored if isinstance(scored, Scored) else Scored(figure=scored)

    def _attend(self, spec: Hook, lesson: Lesson) -> float | Scored:
        call = lesson.case.call(spec)
        answer = self._bench.ask_student(call)
        failure = failure_of(answer, call, lesson.case.category)
        if failure is not None:
            raise failure
        if not isinstance(answer.value, list) or len(answer.value) != len(call.steps):
            # No worker of ours answers so; a hostile one may.
            raise StudentFailure(Outcome.FAILED, f"what your `{spec.name}` was asked was not answered")
        return lesson.score(answer.value)

    def _practise(self, spec: Hook, practice: Practice) -> float | Scored:
        """Train once, and the reference, whose results do not change, once for all that it stands in for."""
        stands_in = self._bench.stands_in(spec)
        if stands_in is None:
            return practice.train(getattr(self._student, spec.name)(**practice.arguments))
        if practice not in stands_in.practised:
            learner = getattr(self._student, spec.name)(**practice.arguments)
            stands_in.practised[practice] = practice.train(learner)
        scored: float | Scored = stands_in.practised[practice]
        return scored


def _tell(what: str, figures: Sequence[float], at_least: float | None, at_most: float | None) -> str:
    told = ", ".join(f"{figure:.3g}" for figure in figures)
    needed = f"at least {at_least:g}" if at_least is not None else f"at most {at_most:g}"
    return (
        f"{what} is {told} in {len(figures)} trainings with different seeds; needed: {needed} in two of three"
    )
