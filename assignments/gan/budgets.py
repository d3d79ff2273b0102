"""What this assignment allows in time.

Limits are ratios to the reference's figure, measured in the same run on the same core: up to
``full_marks`` a budget earns all its points, from ``zero_marks`` on none. Between them points fall
linearly in the logarithm of the ratio. Inputs are new for every measured call, and every answer is
verified. What is measured is the making of a model with some calls of its methods.
"""

from __future__ import annotations

from typing import Any

import torch

from torchgrade.budget import Budget, BudgetDraw
from torchgrade.testing import Case, Tolerance

DATA, LATENT = 2, 8
STEPS, BATCH = 8, 256
POINTS, TIMES = 500, 40

# Roundings that some steps in a row carry on.
SOME_STEPS = Tolerance(relative=1e-6, absolute=1e-9)


def normal(draw: BudgetDraw, *shape: int) -> torch.Tensor:
    """Return normal float64 values."""
    return torch.from_numpy(draw.normal(*shape))


def begin(draw: BudgetDraw, category: str) -> Case:
    """Return a case that makes a model."""
    seed = int(draw.integers(0, 2**31))
    return Case(category, data_dim=DATA, latent_dim=LATENT, seed=seed)


def full_steps(draw: BudgetDraw) -> Case:
    """The beginning of a training, of which the losses are the answer."""
    case = begin(draw, "full steps")
    for _ in range(STEPS):
        case.then("discriminator_step", normal(draw, BATCH, DATA), normal(draw, BATCH, LATENT))
        case.then("generator_step", normal(draw, BATCH, LATENT))
    return case


def many_points(draw: BudgetDraw) -> Case:
    """Sampling alone; batches so small that they stay in a cache."""
    case = begin(draw, "many points")
    for _ in range(TIMES):
        case.then("sample", normal(draw, POINTS, LATENT))
    return case


def budget(**options: Any) -> Budget:
    """Return a budget of ``gan``."""
    return Budget(call="gan", **options)


BUDGETS = (
    budget(
        name="step_time",
        title=f"time of {STEPS} steps of the discriminator and {STEPS} of the generator, batches of {BATCH}",
        inputs=full_steps,
        full_marks=3.0,
        zero_marks=9.0,
        points=12,
        tolerance=SOME_STEPS,
        hint="A step takes each batch through a network once, forward and backward: look for loops over rows,"
        " and for passes that are made twice.",
    ),
    budget(
        name="sample_time",
        title=f"time of sampling {POINTS * TIMES:,} points, {POINTS} at a time",
        inputs=many_points,
        full_marks=6.0,
        zero_marks=24.0,
        points=8,
        hint="All noise vectors pass the generator together, as one matrix.",
    ),
)
