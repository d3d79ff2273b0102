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

STEPS, BATCH, FEATURES, SIZE = 128, 16, 32, 64
LONG, FEW, SMALL = 256, 8, 48
LAYERS, SHORT, MANY, WIDE, LARGE = 4, 64, 128, 64, 256


# Another order of summation over all layers and steps comes to 3e-6 in float32, products in TF32 to 5e-3.
SINGLE = Tolerance(relative=1e-4, absolute=1e-7)


def tensor(draw: BudgetDraw, *shape: int, scale: float = 1.0) -> torch.Tensor:
    """Normal values, float64."""
    return torch.from_numpy(draw.normal(*shape, scale=scale))


def sequences(
    draw: BudgetDraw, steps: int = STEPS, batch: int = BATCH, features: int = FEATURES, size: int = SIZE
) -> dict[str, Any]:
    """Sequences, a state, and one layer with weights of the usual size."""
    return {
        "x": tensor(draw, steps, batch, features),
        "state": (tensor(draw, 1, batch, size), tensor(draw, 1, batch, size)),
        "weights": [layer(draw, features, size)],
    }


def layer(draw: BudgetDraw, features: int, size: int) -> tuple[torch.Tensor | None, ...]:
    """The weights of one layer with one bias."""
    return (
        tensor(draw, 4 * size, features, scale=features**-0.5),
        tensor(draw, 4 * size, size, scale=size**-0.5),
        tensor(draw, 4 * size, scale=0.1),
        None,
    )


def deep_sequences(draw: BudgetDraw) -> dict[str, Any]:
    """Some layers in float32: a GPU has done a step's work before Python has asked for the next."""
    layers = [layer(draw, WIDE if number == 0 else LARGE, LARGE) for number in range(LAYERS)]
    return {
        "x": tensor(draw, SHORT, MANY, WIDE).float(),
        "state": None,
        "weights": [tuple(each if each is None else each.float() for each in weights) for weights in layers],
    }


def gradients(draw: BudgetDraw) -> dict[str, Any]:
    """The same with gradients from above."""
    return {
        **sequences(draw),
        "doutputs": tensor(draw, STEPS, BATCH, SIZE),
        "dstate": (tensor(draw, 1, BATCH, SIZE), tensor(draw, 1, BATCH, SIZE)),
    }


def long_gradients(draw: BudgetDraw) -> dict[str, Any]:
    """Long sequences, few of them: what belongs to a step is small, what belongs to the weights is not."""
    return {
        **sequences(draw, LONG, FEW, SMALL, SMALL),
        "doutputs": tensor(draw, LONG, FEW, SMALL),
        "dstate": None,
    }


BUDGETS = (
    Budget(
        name="forward_time",
        title=f"time of lstm: {STEPS} steps, batch of {BATCH}, {FEATURES} features, {SIZE} units",
        call="lstm",
        inputs=sequences,
        full_marks=3.0,
        zero_marks=12.0,
        points=6,
        hint="Only time needs a loop: all sequences of the batch and all four gates take one product a step.",
    ),
    Budget(
        name="forward_time_cuda",
        title=f"time of lstm on a GPU: {LAYERS} layers, {SHORT} steps, batch of {MANY}, {LARGE} units",
        call="lstm",
        inputs=deep_sequences,
        device="cuda",
        full_marks=4.0,
        zero_marks=16.0,
        points=2,
        tolerance=SINGLE,
        hint="On a GPU it counts how many operations a step takes, less how large they are: one product for"
        " all four gates and all sequences, and nothing that waits for a value on the CPU.",
    ),
    Budget(
        name="backward_time",
        title="time of lstm_backward at the same sizes",
        call="lstm_backward",
        inputs=gradients,
        full_marks=3.0,
        zero_marks=12.0,
        points=8,
        hint="Go forward once and keep the gates of each step; going back is then one pass over the steps.",
    ),
    Budget(
        name="backward_memory",
        title=f"memory of lstm_backward: {LONG} steps, batch of {FEW}, {SMALL} features and units",
        call="lstm_backward",
        inputs=long_gradients,
        measures="memory",
        full_marks=4.0,
        zero_marks=8.0,
        points=4,
        hint="A gradient of the weights for each step, kept until all are summed, takes as much memory as"
        " there are steps: add each to one total.",
    ),
)
