"""Time of the LSTM layer, and memory of attention over ever longer sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchgrade.budget import Budget, BudgetDraw

STEPS, ROWS, FEATURES, HIDDEN = 160, 32, 48, 64
HEAD = 64
LENGTHS = (256, 512, 1024, 2048)


def sequence(draw: BudgetDraw) -> dict[str, Any]:
    """A layer of the size of a first course: some hundred small operations."""
    return {
        "x": draw.normal(STEPS, ROWS, FEATURES),
        "w_input": draw.normal(FEATURES, 4 * HIDDEN, scale=1 / np.sqrt(FEATURES)),
        "w_hidden": draw.normal(HIDDEN, 4 * HIDDEN, scale=1 / np.sqrt(HIDDEN)),
        "bias": draw.normal(4 * HIDDEN, scale=0.1),
    }


def head(length: int) -> Callable[[BudgetDraw], dict[str, Any]]:
    """One head over a sequence of this length."""

    def inputs(draw: BudgetDraw) -> dict[str, Any]:
        return {name: draw.normal(length, HEAD) for name in ("query", "key", "value")}

    return inputs


BUDGETS = (
    Budget(
        name="lstm_time",
        title=f"time of an LSTM layer: {STEPS} steps, {ROWS} rows, {FEATURES} features, {HIDDEN} units",
        call="lstm",
        inputs=sequence,
        full_marks=3.0,
        zero_marks=12.0,
        points=1,
    ),
    *(
        Budget(
            name=f"attention_memory_{length}",
            title=f"memory of attention over {length} positions of size {HEAD}",
            call="attention",
            inputs=head(length),
            measures="memory",
            full_marks=2.5,
            zero_marks=10.0,
            points=1,
        )
        for length in LENGTHS
    ),
)
