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

LENGTH, WIDTH = 1_024, 64
TEXTS, LONG = 2, 8_192
QUERIES, KEYS, NARROW, BLOCK = 2_048, 8_192, 32, 256
# Another order of summation over thousands of keys comes to 1e-5 in float32, products in TF32 to 1e-2.
SINGLE = Tolerance(relative=2e-4, absolute=1e-6)


def single(draw: BudgetDraw, *shape: int) -> torch.Tensor:
    """Normal values in float32."""
    return torch.from_numpy(draw.normal(*shape)).float()


def gradients(draw: BudgetDraw) -> dict[str, Any]:
    """Causal self-attention of one head over a text of usual length."""
    dout, query, key, value = (single(draw, LENGTH, WIDTH) for _ in range(4))
    return {"dout": dout, "query": query, "key": key, "value": value, "mask": None, "causal": True}


def long_texts(draw: BudgetDraw) -> dict[str, Any]:
    """The same over long texts: what is computed grows with the square of what is sent."""
    dout, query, key, value = (single(draw, TEXTS, LONG, NARROW) for _ in range(4))
    return {"dout": dout, "query": query, "key": key, "value": value, "mask": None, "causal": True}


def many_keys(draw: BudgetDraw) -> dict[str, Any]:
    """Queries to so many keys that all scores together take 64 MiB."""
    return {
        "query": single(draw, QUERIES, NARROW),
        "key": single(draw, KEYS, NARROW),
        "value": single(draw, KEYS, NARROW),
        "causal": False,
        "block": BLOCK,
    }


BUDGETS = (
    Budget(
        name="backward_time",
        title=f"time of attention forward and backward: {LENGTH:,} queries and keys of width {WIDTH}",
        call="attention_backward",
        inputs=gradients,
        full_marks=4.0,
        zero_marks=16.0,
        points=4,
        tolerance=SINGLE,
        hint="A Python loop over queries is what usually takes the time: multiply whole matrices.",
    ),
    Budget(
        name="backward_time_cuda",
        title=f"time of the same on a GPU: {TEXTS} texts of {LONG:,} queries and keys of width {NARROW}",
        call="attention_backward",
        inputs=long_texts,
        device="cuda",
        full_marks=4.0,
        zero_marks=16.0,
        points=2,
        tolerance=SINGLE,
        hint="On a GPU an operation on a small tensor takes hardly less than one on a large tensor: multiply"
        " whole matrices, of all texts at once, and wait for no value on the CPU.",
    ),
    Budget(
        name="streaming_time",
        title=f"time of streaming attention: {QUERIES:,} queries, {KEYS:,} keys, blocks of {BLOCK}",
        call="streaming_attention",
        inputs=many_keys,
        full_marks=4.0,
        zero_marks=16.0,
        points=6,
        tolerance=SINGLE,
        hint="Take all queries against one block of keys in one product: a single key is too little.",
    ),
    Budget(
        name="streaming_memory",
        title="memory of the same streaming attention",
        call="streaming_attention",
        inputs=many_keys,
        measures="memory",
        full_marks=6.0,
        zero_marks=18.0,
        points=8,
        tolerance=SINGLE,
        hint="All T x S scores exist at once: keep those of one block, and sums that are corrected.",
    ),
)
