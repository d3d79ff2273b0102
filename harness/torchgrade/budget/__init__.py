"""Budgets: limits on time or memory of a named call, as ratios to the reference measured in the same run.

What an author needs for ``assignments/<id>/budgets.py`` is here; the measuring is in the modules beside.
"""

from __future__ import annotations

from torchgrade.budget.declaration import Budget, BudgetDraw
from torchgrade.testing.cases import Case

__all__ = ["Budget", "BudgetDraw", "Case"]
