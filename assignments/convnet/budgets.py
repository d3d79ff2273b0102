"""What this assignment allows in time and memory.

Limits are ratios to the reference's figure, measured in the same run on the same core: up to
``full_marks`` a budget earns all its points, from ``zero_marks`` on none. Between them points fall
linearly in the logarithm of the ratio. Inputs are new for every measured call, and every answer is
verified.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from torchgrade.budget import Budget, BudgetDraw

# Where the channels double in a residual network for images of 32 x 32 (He et al. 2016).
IMAGES, CHANNELS, FILTERS, SIZE = 8, 16, 32, 32
KERNEL, STRIDE, PADDING = 3, 2, 1
HALF = SIZE // 2


def forward(draw: BudgetDraw) -> dict[str, Any]:
    """A layer of the network, with weights of the usual size."""
    fan_in = CHANNELS * KERNEL * KERNEL
    return {
        "x": draw.normal(IMAGES, CHANNELS, SIZE, SIZE),
        "weight": draw.normal(FILTERS, CHANNELS, KERNEL, KERNEL, scale=float(np.sqrt(2.0 / fan_in))),
        "bias": draw.normal(FILTERS, scale=0.1),
        "stride": (1, 1),
        "padding": (PADDING, PADDING),
    }


def backward(draw: BudgetDraw) -> dict[str, Any]:
    """The backward pass of the same layer."""
    return {"dout": draw.normal(IMAGES, FILTERS, SIZE, SIZE), **forward(draw)}


def backward_with_stride(draw: BudgetDraw) -> dict[str, Any]:
    """The backward pass of the layer that halves the image."""
    return {
        "dout": draw.normal(IMAGES, FILTERS, HALF, HALF),
        **forward(draw),
        "stride": (STRIDE, STRIDE),
    }


LAYER = (
    f"{IMAGES} images of {SIZE} × {SIZE}, {CHANNELS} channels to {FILTERS}, kernels of {KERNEL} × {KERNEL}"
)

BUDGETS = (
    Budget(
        name="forward_time",
        title=f"time of a convolution: {LAYER}",
        call="conv2d",
        inputs=forward,
        full_marks=5.0,
        zero_marks=25.0,
        points=6,
        hint="Loops over images or over the places of a window are what takes the time: bring all windows"
        " into one matrix and multiply once.",
    ),
    Budget(
        name="backward_time",
        title="time of its backward pass",
        call="conv2d_backward",
        inputs=backward,
        full_marks=5.0,
        zero_marks=25.0,
        points=8,
        hint="Both gradients are products of matrices too; what is left to a loop are the entries"
        " of a kernel.",
    ),
    Budget(
        name="backward_memory",
        title=f"memory of the backward pass with a stride of {STRIDE}",
        call="conv2d_backward",
        inputs=backward_with_stride,
        measures="memory",
        full_marks=6.0,
        zero_marks=12.0,
        points=6,
        hint="An array with an entry for every filter and every entry of every window holds each product"
        " before it is summed: `@`, `np.tensordot` and `np.einsum` multiply and sum at once.",
    ),
)
