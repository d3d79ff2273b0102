"""Budgets of this assignment, as plain data: read, never executed by the student's process.

Announced, not yet counted: this version of the assignment takes its 100 points from the hidden tests
alone. Limits are ratios to the reference's figure, measured in the same run: up to ``full_marks`` a
budget earns all its points, from ``zero_marks`` on none, and between them they fall linearly in the
logarithm of the ratio.
"""

BUDGETS = (
    {
        "name": "mlp_step",
        "title": "one step of a multi-layer perceptron: 256 rows, layers 784, 512, 512 and 10",
        "hook": "mlp_loss_and_gradients",
        "measures": "wall_seconds",
        "sizes": {"rows": 256, "layers": (784, 512, 512, 10)},
        "points": 10,
        "full_marks": 3.0,
        "zero_marks": 12.0,
    },
    {
        "name": "long_graph",
        "title": "a computation graph of 5,000 nodes",
        "hook": "backpropagate",
        "measures": "wall_seconds",
        "sizes": {"nodes": 5_000, "entries": 4},
        "points": 10,
        "full_marks": 4.0,
        "zero_marks": 32.0,
    },
)
