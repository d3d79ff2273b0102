"""What ``torchgrade verify`` finds out about one assignment."""

from __future__ import annotations

from fractions import Fraction

import msgspec

__all__ = [
    "MARGIN",
    "BudgetProof",
    "ControlProof",
    "ImplementationProof",
    "MutantProof",
    "Proof",
    "RatioProof",
]

MARGIN = 10.0
"""A mutant must be off by at least so many tolerances on some case of a test that kills it."""


class ImplementationProof(msgspec.Struct, frozen=True, kw_only=True):
    """How the reference, the starter or an alternative fares."""

    name: str
    points: Fraction
    failing: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


class MutantProof(msgspec.Struct, frozen=True, kw_only=True):
    """How a mutant fares.

    Attributes:
        killed_by: tests that it fails.
        missed_by: tests that its file names and that it passes all the same.
        named_by: tests whose message tells this very mistake.
        margin: worst error in tolerances over the tests that its file names.
    """

    name: str
    points: Fraction
    killed_by: tuple[str, ...]
    missed_by: tuple[str, ...]
    named_by: tuple[str, ...]
    margin: float

    @property
    def killed(self) -> bool:
        """Whether every test that shall kill it does."""
        return bool(self.killed_by) and not self.missed_by


class ControlProof(msgspec.Struct, frozen=True, kw_only=True):
    """How a negative control fares: it may pass no test that bears points."""

    name: str
    points: Fraction
    passing: tuple[str, ...]


class RatioProof(msgspec.Struct, frozen=True, kw_only=True):
    """How an implementation fares by a budget.

    Attributes:
        ratio: to the reference, with ``low`` and ``high`` as its 95 % interval.
        figure: seconds or bytes.
        within: whether it should be inside of the limit for full marks.
        margin: how many times it is on the right side; below 1 it is on the wrong one.
    """

    implementation: str
    ratio: float
    low: float
    high: float
    figure: float
    within: bool
    margin: float


class BudgetProof(msgspec.Struct, frozen=True, kw_only=True):
    """How a budget fares.

    Attributes:
        ratios: of the reference to itself, and of each alternative.
        yardstick_ratio: of the yardstick to the reference; None without a yardstick.
        yardstick_spread: standard deviation of that from one measurement to the next, as a share.
        not_measured: why this machine cannot measure it, if so.
    """

    name: str
    measures: str
    points: int
    full_marks: float
    zero_marks: float
    ratios: tuple[RatioProof, ...]
    yardstick_ratio: float | None
    yardstick_spread: float | None
    not_measured: str


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found out; ``problems`` are sentences for the author, none if the content holds.

    Attributes:
        max_points: of tests and budgets.
        test_points: of the tests alone: what every right implementation has, however slow it is.
    """

    assignment: str
    sandbox: str
    max_points: Fraction
    test_points: Fraction
    reference: ImplementationProof
    starter: ImplementationProof
    alternatives: tuple[ImplementationProof, ...]
    mutants: tuple[MutantProof, ...]
    controls: tuple[ControlProof, ...]
    budgets: tuple[BudgetProof, ...]
    problems: tuple[str, ...]
    seconds: float
