"""Inputs of the public tests, drawn anew each time you check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from torchgrade.testing import Case, Draw

NEXT_TO_NOTHING = 1e-15


def settings(draw: Draw, **changed: Any) -> dict[str, Any]:
    """Return arguments of ``adam`` beside its parameters, with an eps that does not show."""
    usual = {
        "lr": float(draw.uniform(0.03, 0.08)),
        "betas": (float(draw.uniform(0.75, 0.93)), float(draw.uniform(0.95, 0.995))),
        "eps": NEXT_TO_NOTHING,
        "weight_decay": 0.0,
        "decoupled": False,
        "amsgrad": False,
    }
    return usual | changed


def tensors(draw: Draw, shapes: Sequence[tuple[int, ...]]) -> list[torch.Tensor]:
    """Return float64 tensors, each entry at least 0.3 away from zero."""
    found = []
    for shape in shapes:
        signs = 2.0 * draw.integers(0, 2, *shape) - 1.0
        found.append(torch.as_tensor(signs * draw.uniform(0.3, 2.0, *shape), dtype=torch.float64))
    return found


def problems(draw: Draw) -> list[Case]:
    """Parameters and settings: a scalar, a matrix, three tensors."""
    a, b, c = draw.sizes(3, 2, 6)
    kinds: dict[str, list[tuple[int, ...]]] = {
        "a scalar": [()],
        "a matrix": [(a, b)],
        "three tensors": [(a, b), (c,), ()],
    }
    return [Case(words, params=tensors(draw, shapes), **settings(draw)) for words, shapes in kinds.items()]
