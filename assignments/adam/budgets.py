"""What this assignment allows in time and memory.

Limits are ratios to the reference's figure, measured in the same run on the same core: up to
``full_marks`` a budget earns all its points, from ``zero_marks`` on none. Between them points fall
linearly in the logarithm of the ratio. Inputs are new for every measured call, and every answer is
verified. What is measured is the making of an optimiser with some steps of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from torchgrade.budget import Budget, BudgetDraw
from torchgrade.testing import Case, Tolerance

Settings = dict[str, Any]

SMALL_TENSORS, SMALL_STEPS = 200, 10
LARGE_ENTRIES, LARGE_STEPS = 1_000_000, 12
HUGE_ENTRIES, HUGE_STEPS = 4_000_000, 200
HELD_TENSORS, HELD_ENTRIES, HELD_STEPS = 16, 62_500, 12

# Another order of operations in 200 steps comes to 5e-6 in float32, parameters in bfloat16 to 0.1.
SINGLE = Tolerance(relative=1e-4, absolute=1e-6)

SETTINGS: Settings = {
    "lr": 0.01,
    "betas": (0.9, 0.99),
    "eps": 1e-8,
    "weight_decay": 0.1,
    "decoupled": True,
    "amsgrad": False,
}


def single(draw: BudgetDraw, *shape: int) -> torch.Tensor:
    """Return float32 values of both signs."""
    return torch.from_numpy(draw.generator.standard_normal(shape, dtype=np.float32))


def many_small(draw: BudgetDraw) -> Case:
    """The tensors of a deep and narrow network: what is done once a tensor is what takes the time."""
    widths = [12 + number % 7 for number in range(SMALL_TENSORS)]
    shapes = [(width, 28 - width) if number % 2 else (10 * width,) for number, width in enumerate(widths)]
    case = Case("many small tensors", params=[single(draw, *shape) for shape in shapes], **SETTINGS)
    for _ in range(SMALL_STEPS):
        case.then("step", [single(draw, *shape) for shape in shapes])
    return case.then("parameters")


def descent(draw: BudgetDraw, tensors: int, entries: int, steps: int) -> Case:
    """Steps of weight decay's own gradient, theta: sent once, and used in each step."""
    case = Case("large tensors", params=[single(draw, entries) for _ in range(tensors)], **SETTINGS)
    case.then("parameters")
    start = case.result(0)
    for _ in range(steps):
        case.then("step", start)
    return case.then("parameters")


def one_large(draw: BudgetDraw) -> Case:
    """One embedding: what is done with each entry is what takes the time."""
    return descent(draw, 1, LARGE_ENTRIES, LARGE_STEPS)


def one_huge(draw: BudgetDraw) -> Case:
    """The same on a GPU: so many steps that sending the tensor there and back is the smaller part."""
    return descent(draw, 1, HUGE_ENTRIES, HUGE_STEPS)


def held(draw: BudgetDraw) -> Case:
    """Tensors of middling size, over more steps."""
    return descent(draw, HELD_TENSORS, HELD_ENTRIES, HELD_STEPS)


BUDGETS = (
    Budget(
        name="small_time",
        title=f"time of {SMALL_STEPS} steps over {SMALL_TENSORS} small tensors",
        call="adam",
        inputs=many_small,
        full_marks=3.0,
        zero_marks=12.0,
        points=8,
        hint="Loops over entries are what usually takes the time; also look for work that is done again in"
        " each step, such as copies of everything.",
    ),
    Budget(
        name="large_time",
        title=f"time of {LARGE_STEPS} steps over one tensor of {LARGE_ENTRIES:,} entries",
        call="adam",
        inputs=one_large,
        full_marks=3.0,
        zero_marks=12.0,
        points=4,
        hint="Each operation on a large tensor reads and writes all of it: count yours, and let some of them"
        " work in place on tensors of your own.",
    ),
    Budget(
        name="large_time_cuda",
        title=f"time of {HUGE_STEPS} steps over one tensor of {HUGE_ENTRIES:,} entries on a GPU",
        call="adam",
        inputs=one_huge,
        device="cuda",
        full_marks=4.0,
        zero_marks=16.0,
        points=2,
        tolerance=SINGLE,
        hint="On a GPU nothing takes as long as a tensor's way to the CPU and back: keep the moments where"
        " the parameters are, and ask for no value in a step.",
    ),
    Budget(
        name="memory",
        title=f"memory of {HELD_STEPS} steps over {HELD_TENSORS} tensors of {HELD_ENTRIES:,} entries",
        call="adam",
        inputs=held,
        measures="memory",
        full_marks=2.0,
        zero_marks=6.0,
        points=6,
        hint="An optimiser needs the parameters, m and v. Look for gradients of earlier steps that are kept,"
        " and for copies of everything at once.",
    ),
)
