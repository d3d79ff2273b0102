"""Grading the content itself: what an assignment proves about its own tests."""

from __future__ import annotations

from torchgrade.verify.proof import (
    BudgetProof,
    ControlProof,
    ImplementationProof,
    MutantProof,
    Proof,
    RatioProof,
)
from torchgrade.verify.prover import prove

__all__ = [
    "BudgetProof",
    "ControlProof",
    "ImplementationProof",
    "MutantProof",
    "Proof",
    "RatioProof",
    "prove",
]
