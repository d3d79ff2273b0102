"""What this assignment allows in time and memory.

Limits are ratios to the reference's figure, measured in the same run on the same core: up to
``full_marks`` a budget earns all its points, from ``zero_marks`` on none. Between them points fall
linearly in the logarithm of the ratio. Inputs are new for every measured call, and every answer is
verified.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from torchgrade.budget import Budget, BudgetDraw

ROWS, LAYERS = 128, (400, 300, 200, 10)
NODES, ENTRIES = 5_000, 16


def mlp_step(draw: BudgetDraw) -> dict[str, Any]:
    """A perceptron as in a first course, with weights of the usual size."""
    params = [
        (draw.normal(fan_in, fan_out, scale=1 / np.sqrt(fan_in)), draw.normal(fan_out, scale=0.1))
        for fan_in, fan_out in pairwise(LAYERS)
    ]
    return {
        "params": params,
        "x": draw.normal(ROWS, LAYERS[0]),
        "labels": draw.labels(ROWS, LAYERS[-1]),
        "weight_decay": 0.01,
    }


def long_graph(draw: BudgetDraw) -> dict[str, Any]:
    """A chain of many small operations: each node takes the one before and a leaf or an earlier node."""
    operations = ("add", "mul", "sub", "maximum")
    leaves = [draw.uniform(-1.0, 1.0, ENTRIES) for _ in range(3)]
    leaves[1] = np.sign(leaves[1])  # factors of size 1 keep the values in range
    graph: list[tuple[Any, ...]] = []
    for number, choice in enumerate(draw.integers(0, len(operations), NODES).tolist()):
        before = len(leaves) + number - 1 if number else 0
        other = 1 if operations[choice] == "mul" else 2
        graph.append((operations[choice], (before, other)))
    return {"graph": graph, "leaves": leaves, "upstream": draw.normal(ENTRIES)}


BUDGETS = (
    Budget(
        name="mlp_time",
        title=f"time of one step of a perceptron: {ROWS} rows, layers {', '.join(map(str, LAYERS))}",
        call="mlp_loss_and_gradients",
        inputs=mlp_step,
        full_marks=5.0,
        zero_marks=20.0,
        points=8,
        hint="Python loops over rows or entries are what usually takes the time: say it with whole arrays.",
    ),
    Budget(
        name="mlp_memory",
        title="memory of the same step",
        call="mlp_loss_and_gradients",
        inputs=mlp_step,
        measures="memory",
        full_marks=3.0,
        zero_marks=12.0,
        points=4,
        hint="A gradient for each row, kept until all are summed, takes as many times the memory as rows.",
    ),
    Budget(
        name="graph_time",
        title=f"time of a computation graph of {NODES:,} nodes",
        call="backpropagate",
        inputs=long_graph,
        full_marks=6.0,
        zero_marks=24.0,
        points=8,
        hint="Looking through all nodes for each node takes the square of the time: note once who uses what.",
    ),
)
