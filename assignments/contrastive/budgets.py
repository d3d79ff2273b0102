"""What this assignment allows in time and memory.

Limits are ratios to the reference's figure, measured in the same run on the same core: up to
``full_marks`` a budget earns all its points, from ``zero_marks`` on none. Between them points fall
linearly in the logarithm of the ratio. Inputs are new for every measured call, and every answer is
verified.
"""

from __future__ import annotations

from typing import Any

import torch

from torchgrade.budget import Budget, BudgetDraw
from torchgrade.testing import Tolerance

IMAGES, FEWER, WIDTH, TEMPERATURE = 1_024, 512, 128, 0.2
# Another order of summation over two thousand rows, in float32.
SINGLE = Tolerance(relative=2e-4, absolute=1e-7)


def views(draw: BudgetDraw, count: int) -> dict[str, Any]:
    """Two views of ``count`` images, near each other, in float32."""
    shared = draw.normal(count, WIDTH)
    first, second = (shared + draw.normal(count, WIDTH) for _ in range(2))
    return {
        "z1": torch.from_numpy(first).float(),
        "z2": torch.from_numpy(second).float(),
        "temperature": TEMPERATURE,
    }


def many(draw: BudgetDraw) -> dict[str, Any]:
    """A batch of a usual size."""
    return views(draw, IMAGES)


def fewer(draw: BudgetDraw) -> dict[str, Any]:
    """Half as many: all similarities take 4 MiB."""
    return views(draw, FEWER)


LOOP = "A Python loop over rows is what usually takes the time: all similarities are one product of matrices."

BUDGETS = (
    Budget(
        name="forward_time",
        title=f"time of the loss: {IMAGES:,} images, {WIDTH} columns",
        call="nt_xent",
        inputs=many,
        full_marks=4.0,
        zero_marks=16.0,
        points=6,
        tolerance=SINGLE,
        hint=LOOP,
    ),
    Budget(
        name="backward_time",
        title=f"time of its gradient: {IMAGES:,} images, {WIDTH} columns",
        call="nt_xent_backward",
        inputs=many,
        full_marks=4.0,
        zero_marks=16.0,
        points=8,
        tolerance=SINGLE,
        hint=f"{LOOP} So is its gradient.",
    ),
    Budget(
        name="backward_memory",
        title=f"memory of the gradient: {FEWER} images, {WIDTH} columns",
        call="nt_xent_backward",
        inputs=fewer,
        measures="memory",
        full_marks=6.0,
        zero_marks=18.0,
        points=6,
        tolerance=SINGLE,
        hint="An array with an entry for each pair of rows and each column holds all products before they are"
        " summed: `@` multiplies and sums at once.",
    ),
)
