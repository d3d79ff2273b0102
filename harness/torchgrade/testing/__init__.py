"""The kit with which authors write public and hidden tests.

Fixtures: ``student``, ``reference``, ``draw``, ``cases``, ``agree``, ``learns``; see
``torchgrade.testing.kit``.
"""

from __future__ import annotations

from torchgrade.testing.cases import Case, Draw
from torchgrade.testing.checks import check, close, numerical_gradient
from torchgrade.testing.compare import Tolerance
from torchgrade.testing.learning import Lesson, Practice, Scored
from torchgrade.testing.marks import points

__all__ = [
    "Case",
    "Draw",
    "Lesson",
    "Practice",
    "Scored",
    "Tolerance",
    "check",
    "close",
    "numerical_gradient",
    "points",
]
