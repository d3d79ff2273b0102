"""What an author declares in ``budgets.py``, and how it is read."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from torchgrade.contract import Contract
from torchgrade.errors import ContentError, did_you_mean
from torchgrade.results import BUDGET_PREFIX
from torchgrade.testing.cases import Case, Draw
from torchgrade.testing.compare import Tolerance

__all__ = ["Budget", "BudgetDraw", "Device", "Measure", "load_budgets"]

BudgetDraw = Draw
Measure = Literal["time", "memory"]
Device = Literal["cpu", "cuda"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A limit on one call.

    Attributes:
        name: short and stable, such as ``mlp_step``: the id in results and gradebooks.
        title: what is measured, as a student reads it, with the sizes.
        call: name of the contract's function.
        inputs: makes new arguments by name from a draw, of the same sizes each time; where the call makes
            an object, a ``Case`` whose steps are measured with it.
        measures: ``"time"`` or ``"memory"`` (the most that the call holds beyond its arguments).
        full_marks: up to this ratio to the reference all points are given.
        zero_marks: from this ratio on none; between both they fall linearly in the ratio's logarithm.
        points: to be had.
        device: where tensors lie: ``"cpu"`` or ``"cuda"``.
        threads: how many the libraries may use, and cores to run on.
        least: a ratio below this is not believed before an instructor has looked.
        tolerance: of the answers; by default each dtype has its own.
        hint: what a student needs to hear whose call is over budget.
    """

    name: str
    title: str
    call: str
    inputs: Callable[[Draw], Mapping[str, Any] | Case]
    full_marks: float
    zero_marks: float
    points: int
    measures: Measure = "time"
    device: Device = "cpu"
    threads: int = 1
    least: float = 0.02
    tolerance: Tolerance | None = None
    hint: str = ""

    @property
    def id(self) -> str:
        """The id among a result's tests, which no test function can have."""
        return f"{BUDGET_PREFIX}{self.name}"


def load_budgets(path: Path, contract: Contract) -> tuple[Budget, ...]:
    """Execute an assignment's ``budgets.py``; none if there is no such file.

    Raises:
        ContentError: if it cannot be executed, or declares what cannot be.
    """
    if not path.exists():
        return ()
    spec = importlib.util.spec_from_file_location(f"torchgrade_budgets_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look it up while they are made
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ContentError(f"{path} cannot be imported: {error!r}") from error
    finally:
        del sys.modules[spec.name]
    budgets = getattr(module, "BUDGETS", None)
    if not isinstance(budgets, tuple) or not all(isinstance(budget, Budget) for budget in budgets):
        raise ContentError(f"{path}: BUDGETS must be a tuple of torchgrade.budget.Budget")
    names = [budget.name for budget in budgets]
    for budget in budgets:
        wrong = _explain(budget, contract)
        if names.count(budget.name) > 1:
            wrong = "there is another of this name"
        if wrong:
            raise ContentError(f"{path}: budget '{budget.name}': {wrong}")
    return budgets


def _explain(budget: Budget, contract: Contract) -> str:
    """Say what is wrong with a budget, or nothing."""
    if not budget.name.isidentifier():
        return "a name is made of letters, digits and underscores"
    hook = contract.hooks.get(budget.call)
    if hook is None:
        return f"the contract has no '{budget.call}'{did_you_mean(budget.call, contract.hooks)}"
    if not 0 < budget.least < budget.full_marks < budget.zero_marks:
        return "it must hold that 0 < least < full_marks < zero_marks"
    if budget.measures not in {"time", "memory"} or budget.device not in {"cpu", "cuda"}:
        return "measures is 'time' or 'memory', device is 'cpu' or 'cuda'"
    if budget.points <= 0 or budget.threads <= 0:
        return "points and threads must be above 0"
    return ""
