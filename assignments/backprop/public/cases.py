"""Inputs of the public tests, drawn anew each time you check."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from torchgrade.testing import Case, Draw

Array = np.ndarray[Any, Any]


def away_from_zero(draw: Draw, *shape: int) -> Array:
    """Values of both signs, at least 0.3 away from zero: no kink within reach of a difference."""
    signs = 2.0 * draw.integers(0, 2, *shape) - 1.0
    return np.asarray(signs * draw.uniform(0.3, 2.0, *shape))


def affine(draw: Draw) -> list[Case]:
    """Affine layers: one row, several rows, three axes, a view that is not contiguous."""
    rows, columns, outputs = draw.sizes(3, 2, 5)
    shapes = {"one row": (1, columns), "several rows": (rows, columns), "three axes": (rows, 2, columns)}
    cases = [
        Case(
            category,
            dout=draw.normal(shape[0], outputs),
            x=draw.normal(*shape),
            w=draw.normal(int(np.prod(shape[1:])), outputs),
            b=draw.normal(outputs),
        )
        for category, shape in shapes.items()
    ]
    strided = {name: draw.strided(array) for name, array in cases[1].arguments.items()}
    return [*cases, Case("non-contiguous arrays", **strided)]


def relu(draw: Draw) -> list[Case]:
    """Inputs away from the kink."""
    rows, columns = draw.sizes(2, 3, 5)
    return [
        Case(category, dout=draw.normal(*shape), x=away_from_zero(draw, *shape))
        for category, shape in {"one axis": (6,), "three axes": (rows, 2, columns)}.items()
    ]


def softmax(draw: Draw) -> list[Case]:
    """Ordinary logits: one row, two classes, several rows."""
    rows, classes = draw.sizes(2, 3, 5)
    shapes = {"one row": (1, classes), "two classes": (rows, 2), "several rows": (rows, classes)}
    return [
        Case(category, logits=draw.normal(*shape), labels=draw.labels(*shape))
        for category, shape in shapes.items()
    ]


def mlp(draw: Draw) -> list[Case]:
    """Networks of one, two and three layers, with weight decay and biases."""
    rows, *widths = draw.sizes(5, 2, 6)
    cases = []
    for depth in (1, 2, 3):
        ends = widths[: depth + 1]
        params = [(draw.normal(fan_in, fan_out), draw.normal(fan_out)) for fan_in, fan_out in pairwise(ends)]
        labels = draw.labels(rows, ends[-1])
        x = draw.normal(rows, ends[0])
        cases.append(Case(f"{depth} layers", params=params, x=x, labels=labels, weight_decay=0.3))
    return cases


def operations(draw: Draw) -> list[Case]:
    """Every operation of the graph, by itself."""
    n, m, k = draw.sizes(3, 2, 4)
    a, b, c = away_from_zero(draw, n, m), away_from_zero(draw, n, m), draw.uniform(0.5, 2.0, n, m)
    return [
        *(one_node((name, (0, 1)), a, b) for name in ("add", "sub", "mul", "div", "maximum")),
        *(one_node((name, (0,)), a) for name in ("exp", "tanh", "relu")),
        one_node(("log", (0,)), c),
        *(one_node(("pow", (0,), power), c) for power in (2.5, 1.0, 0.0, -1.0)),
        one_node(("pow", (0,), 3.0), a),
        *(one_node(("sum", (0,), axis), a) for axis in (0, 1, -1, -2, None)),
        one_node(("reshape", (0,), (m, n)), a),
        one_node(("matmul", (0, 1)), a, draw.normal(m, k)),
    ]


def broadcasting(draw: Draw) -> list[Case]:
    """Pairs of shapes that broadcast."""
    n, m, k = draw.sizes(3, 2, 4)
    pairs = [
        ((n, m), (m,)),
        ((), (n, m)),
        ((n, 1), (n, m)),
        ((n, 1), (1, m)),
        ((k, n, m), (n, 1)),
        ((m,), (1, m)),
    ]
    return [
        one_node((name, (0, 1)), away_from_zero(draw, *first), away_from_zero(draw, *second))
        for name in ("mul", "sub")
        for first, second in pairs
    ]


def one_node(node: tuple[Any, ...], *leaves: Array) -> Case:
    """A graph of one node; the test adds a gradient of the output's shape."""
    return Case(node[0], graph=[node], leaves=list(leaves))
