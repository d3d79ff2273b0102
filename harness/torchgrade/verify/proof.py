"""What ``torchgrade verify`` finds out about one assignment."""

from __future__ import annotations

from fractions import Fraction

import msgspec

__all__ = ["MARGIN", "ControlProof", "ImplementationProof", "MutantProof", "Proof"]

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


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found out; ``problems`` are sentences for the author, none if the content holds."""

    assignment: str
    sandbox: str
    max_points: Fraction
    reference: ImplementationProof
    starter: ImplementationProof
    alternatives: tuple[ImplementationProof, ...]
    mutants: tuple[MutantProof, ...]
    controls: tuple[ControlProof, ...]
    problems: tuple[str, ...]
    seconds: float
