"""Are the budgets of an assignment where they should be: who is inside, who outside, and by how much."""

from __future__ import annotations

import ast
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from torchgrade.budget.calibration import Calibration, read_calibrations, write_calibrations
from torchgrade.budget.comparison import Measured, TooSlow, WrongAnswerError
from torchgrade.budget.declaration import Budget
from torchgrade.budget.suite import BudgetSuite, Modules
from torchgrade.content import Assignment, Reference
from torchgrade.errors import ContentError
from torchgrade.verify.proof import BudgetProof, RatioProof

__all__ = ["MARGIN", "prove_budgets"]

MARGIN = 1.25
"""So many times inside or outside of the limit for full marks every known implementation must be."""
YARDSTICK_RUNS = 4
# How far from 1 the reference may be against itself.
UNBIASED = 0.05
# By which factor what is recorded of a yardstick may differ from what is measured now.
DRIFT = 1.2
# Shorter calls are lost in what it takes to ask for them.
LEAST_SECONDS = 0.002


def prove_budgets(
    suite: BudgetSuite, assignment: Assignment, reference: Reference, *, calibrate: bool = False
) -> tuple[tuple[BudgetProof, ...], list[str]]:
    """Measure reference, alternatives and yardstick by every budget.

    Args:
        suite: the budgets.
        assignment: their assignment.
        reference: its private half.
        calibrate: record how the yardstick compares, instead of checking what is recorded.

    Returns:
        What was found, and sentences about what does not hold.

    Raises:
        ContentError: if one of them does not answer as it should.
    """
    if not suite.budgets:
        return (), []
    over = {path: _over_budget(path) for path in reference.alternatives}
    problems = _problems_of_names(over, {budget.name for budget in suite.budgets})
    if not assignment.yardstick.exists():
        problems.append(f"there is no {assignment.yardstick.name}: without it nobody at home can estimate")
    recorded = dict(read_calibrations(assignment.calibrations_path))
    proofs = []
    for budget in suite.budgets:
        reason = suite.why_not_measured(budget)
        if reason:
            proofs.append(_proof(budget, not_measured=reason))
            continue
        ratios = [_ratio(suite, budget, reference.solution, within=True)]
        ratios += [
            _ratio(suite, budget, path, within=budget.name not in names) for path, names in over.items()
        ]
        yardstick = _calibrate(suite, budget, assignment.yardstick)
        proofs.append(_proof(budget, ratios=tuple(ratios), yardstick=yardstick))
        if calibrate and yardstick is not None:
            recorded[budget.name] = yardstick
        problems += [
            f"budget {budget.name}: {text}"
            for text in (
                *_problems_of_ratios(budget, ratios),
                *_problems_of_yardstick(budget, yardstick, recorded),
            )
        ]
    if calibrate:
        names = [budget.name for budget in suite.budgets if budget.name in recorded]
        write_calibrations(assignment.calibrations_path, {name: recorded[name] for name in names})
    return tuple(proofs), problems


def _proof(
    budget: Budget,
    *,
    ratios: tuple[RatioProof, ...] = (),
    yardstick: Calibration | None = None,
    not_measured: str = "",
) -> BudgetProof:
    return BudgetProof(
        name=budget.name,
        measures=budget.measures,
        points=budget.points,
        full_marks=budget.full_marks,
        zero_marks=budget.zero_marks,
        ratios=ratios,
        yardstick_ratio=None if yardstick is None else yardstick.ratio,
        yardstick_spread=None if yardstick is None else yardstick.spread,
        not_measured=not_measured,
    )


def _ratio(suite: BudgetSuite, budget: Budget, path: Path, *, within: bool) -> RatioProof:
    """Measure one implementation against the reference."""
    try:
        measured = _measured(suite, budget, path)
    except TooSlow as slow:
        ratio = slow.seconds / slow.compared
        return RatioProof(
            implementation=path.stem,
            ratio=ratio,
            low=ratio,
            high=math.inf,
            figure=slow.seconds,
            within=within,
            margin=_margin(budget, ratio, within=within),
        )
    interval = measured.interval
    return RatioProof(
        implementation=path.stem,
        ratio=interval.ratio,
        low=interval.low,
        high=interval.high,
        figure=measured.submission,
        within=within,
        margin=_margin(budget, interval.ratio, within=within),
    )


def _measured(suite: BudgetSuite, budget: Budget, path: Path, *, verifies: bool = True) -> Measured:
    modules = Modules.of(path)
    try:
        return suite.measure(budget, modules, verifies=verifies)
    except WrongAnswerError as wrong:
        told = wrong.failure.student_message
        raise ContentError(f"{path} does not answer budget '{budget.name}': {told}") from wrong


def _margin(budget: Budget, ratio: float, *, within: bool) -> float:
    return budget.full_marks / ratio if within else ratio / budget.full_marks


def _calibrate(suite: BudgetSuite, budget: Budget, path: Path) -> Calibration | None:
    """Measure the yardstick some times: its ratio to the reference, and how steady that is."""
    if not path.exists():
        return None
    logarithms = [
        math.log(_measured(suite, budget, path, verifies=False).interval.ratio) for _ in range(YARDSTICK_RUNS)
    ]
    return Calibration(
        ratio=math.exp(statistics.fmean(logarithms)), spread=max(statistics.stdev(logarithms), 0.001)
    )


def _problems_of_names(over: Mapping[Path, Sequence[str]], known: set[str]) -> list[str]:
    problems = [
        f"alternative {path.stem} names the unknown budget {name} in OVER_BUDGET"
        for path, names in over.items()
        for name in names
        if name not in known
    ]
    exceeded = {name for names in over.values() for name in names}
    problems += [
        f"budget {name}: no alternative exceeds it; let one that does say OVER_BUDGET = ({name!r},)"
        for name in sorted(known - exceeded)
    ]
    return problems


def _problems_of_ratios(budget: Budget, ratios: Sequence[RatioProof]) -> Iterator[str]:
    itself, *others = ratios
    if itself.low > 1 + UNBIASED or itself.high < 1 - UNBIASED:
        yield f"the reference takes {itself.ratio:.3g} times itself: a busy machine, or too short a call"
    if budget.measures == "time" and itself.figure < LEAST_SECONDS:
        yield f"the call takes {1_000 * itself.figure:.2g} ms, too little to be measured: make it larger"
    for other in others:
        if other.margin < MARGIN:
            side = "inside" if other.within else "outside"
            yield (
                f"alternative {other.implementation} at {other.ratio:.3g} times the reference is not {side}"
                f" by {MARGIN:g} times, with a limit of {budget.full_marks:g}"
            )


def _problems_of_yardstick(
    budget: Budget, found: Calibration | None, recorded: Mapping[str, Calibration]
) -> Iterator[str]:
    if found is None:
        return
    known = recorded.get(budget.name)
    if known is None:
        yield "the yardstick's ratio is not recorded: run 'torchgrade verify --calibrate'"
    elif not 1 / DRIFT <= known.ratio / found.ratio <= DRIFT:
        yield (
            f"the yardstick is recorded as {known.ratio:.3g} times the reference and measured as"
            f" {found.ratio:.3g}: run 'torchgrade verify --calibrate'"
        )


def _over_budget(path: Path) -> tuple[str, ...]:
    """Read ``OVER_BUDGET`` of an alternative: the budgets that it exceeds, by its nature."""
    for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "OVER_BUDGET" for target in node.targets
        ):
            value = ast.literal_eval(node.value)
            if isinstance(value, tuple) and all(isinstance(name, str) for name in value):
                return value
            raise ContentError(f"{path}: OVER_BUDGET must be a tuple of names of budgets")
    return ()
