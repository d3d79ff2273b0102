"""Grading the content itself: what an assignment proves about its own tests."""

from __future__ import annotations

from torchgrade.verify.proof import ControlProof, ImplementationProof, MutantProof, Proof
from torchgrade.verify.prover import prove

__all__ = ["ControlProof", "ImplementationProof", "MutantProof", "Proof", "prove"]
