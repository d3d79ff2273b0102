# canary: torchgrade-reference-7f3c1d
"""Inputs of the hidden tests, smallest first, drawn so that a right answer cannot be had by luck.

No two sizes of a case are equal, gradients that come from above are random and of both signs, values
that could tie or sit on a kink by accident are drawn away from it, and where a property decides
whether a case tells anything (active and inactive units, more than one label), it is drawn again
until the property holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from torchgrade.testing import Case, Draw

Array = np.ndarray[Any, Any]
T = TypeVar("T")


def until(make: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """Draw again until the draw has the wanted property."""
    for _ in range(500):
        value = make()
        if holds(value):
            return value
    raise RuntimeError("the wanted property is too rare")


def signed(draw: Draw, *shape: int) -> Array:
    """Values of both signs, at least 0.3 away from zero."""
    signs = 2.0 * draw.integers(0, 2, *shape) - 1.0
    return np.asarray(signs * draw.uniform(0.3, 2.0, *shape))


def positive(draw: Draw, *shape: int) -> Array:
    """Values between 0.4 and 2."""
    return np.asarray(draw.uniform(0.4, 2.0, *shape))


def affine_matrix(draw: Draw) -> list[Case]:
    """Matrices x: one row, several rows, non-contiguous."""
    columns, outputs = draw.sizes(2, 2, 5)
    rows, wide_columns, wide_outputs = draw.sizes(3, 2, 7)
    strided_rows, strided_columns, strided_outputs = draw.sizes(3, 2, 7)
    return [
        affine(draw, "one row", (1, columns), outputs),
        affine(draw, "several rows", (rows, wide_columns), wide_outputs),
        affine(draw, "non-contiguous arrays", (strided_rows, strided_columns), strided_outputs, draw.strided),
    ]


def affine_more_axes(draw: Draw) -> list[Case]:
    """Inputs x with three and four axes."""
    # No product of two sizes is another size: D differs from M and N too.
    height, width, outputs = draw.sizes(3, 3, 5)
    rows, tall, wide, many = draw.sizes(4, 3, 6)
    return [
        affine(draw, "one row, x with three axes", (1, height, width), outputs),
        affine(draw, "x with three axes", (rows, tall, wide), many),
        affine(draw, "x with three axes, non-contiguous", (rows, wide, tall), many, draw.strided),
        affine(draw, "x with four axes", (rows, tall, 2, wide), many),
    ]


def affine(
    draw: Draw,
    category: str,
    shape: tuple[int, ...],
    outputs: int,
    layout: Callable[[Array], Array] = np.asarray,
) -> Case:
    """One affine layer; ``layout`` may make its arrays non-contiguous."""
    return Case(
        category,
        dout=layout(signed(draw, shape[0], outputs)),
        x=layout(signed(draw, *shape)),
        w=layout(signed(draw, int(np.prod(shape[1:])), outputs)),
        b=signed(draw, outputs),
    )


def relu(draw: Draw) -> list[Case]:
    """Inputs away from the kink; gradient and input have different signs here and there."""
    a, b, c, d = draw.sizes(4, 2, 5)

    def pair(*shape: int) -> dict[str, Array]:
        return until(
            lambda: {"dout": signed(draw, *shape), "x": signed(draw, *shape)},
            lambda drawn: len(set((np.sign(drawn["dout"]) + 3.0 * np.sign(drawn["x"])).ravel())) == 4,
        )

    shapes = {"one": (a + 3,), "two": (b, c + 3), "three": (a, b, c), "four": (a, b, c, d)}
    cases = [Case(f"{axes} axes", **pair(*shape)) for axes, shape in shapes.items()]
    strided = {name: draw.strided(array) for name, array in pair(c, d + 3).items()}
    return [*cases, Case("non-contiguous arrays", **strided)]


def relu_at_zero(draw: Draw) -> list[Case]:
    """Inputs that hold exact zeros of both signs."""
    rows, columns = draw.sizes(2, 3, 6)
    return [
        Case(category, dout=signed(draw, *shape), x=with_zeros(draw, *shape))
        for category, shape in {"one axis": (6,), "two axes": (rows, columns)}.items()
    ]


def with_zeros(draw: Draw, *shape: int) -> Array:
    """Values of both signs, a third of them exactly 0.0 or -0.0."""

    def values() -> Array:
        x = signed(draw, *shape)
        x.reshape(-1)[0::6] = 0.0
        x.reshape(-1)[1::6] = -0.0
        return x

    return until(values, lambda x: bool((x > 0.0).any() and (x < 0.0).any()))


def softmax(draw: Draw) -> list[Case]:
    """Ordinary logits: no true class is so improbable that precision matters."""
    classes, wide = draw.sizes(2, 3, 6)
    rows, columns = draw.sizes(2, 3, 7)
    few = draw.sizes(1, 3, 6)[0]
    logits = draw.uniform(-1.5, 1.5, rows, columns)
    return [
        Case("one row", logits=draw.uniform(-1.5, 1.5, 1, classes), labels=draw.labels(1, classes)),
        Case("two classes", logits=draw.uniform(-1.5, 1.5, few, 2), labels=draw.labels(few, 2)),
        Case("several rows", logits=logits, labels=draw.labels(rows, columns)),
        Case(
            "non-contiguous logits",
            logits=draw.strided(draw.uniform(-1.5, 1.5, classes, wide)),
            labels=draw.labels(classes, wide),
        ),
    ]


def softmax_of_large_logits(draw: Draw) -> list[Case]:
    """Logits of up to 10,000: in a level of their own, row by row, and within one row."""
    rows, classes = draw.sizes(2, 3, 6)
    signs = draw.generator.permutation([-1.0, 1.0])
    levels = draw.generator.permutation([-9_990.0, 0.0, 9_990.0])[:, None]
    spread = draw.generator.permuted(np.tile(np.linspace(-1e4, 1e4, classes), (rows, 1)), axis=1)
    spread += draw.uniform(-1.0, 1.0, rows, classes) * (np.abs(spread) < 9_999.0)
    labels = until(
        lambda: draw.labels(rows, classes),
        lambda drawn: bool((spread[np.arange(rows), drawn] < 0.0).any()),
    )
    return [
        Case(
            "two classes, the true one 20,000 below the other",
            logits=1e4 * signs[None],
            labels=np.array([np.argmin(signs)], dtype=np.int64),
        ),
        near(draw, "one row near 10,000", np.full((1, 1), 9_990.0), classes),
        near(draw, "all rows near -10,000", np.full((rows, 1), -9_990.0), classes),
        near(draw, "rows at very different levels", levels, classes + 1),
        Case("logits between -10,000 and 10,000 within a row", logits=spread, labels=labels),
    ]


def near(draw: Draw, category: str, levels: Array, classes: int) -> Case:
    """Rows of logits around their levels, with a loss that is not small by accident."""
    rows = np.arange(len(levels))
    logits, labels = until(
        lambda: (draw.uniform(-1.5, 1.5, len(levels), classes), draw.labels(len(levels), classes)),
        lambda drawn: bool((drawn[0][rows, drawn[1]] < 0.5).all()),
    )
    return Case(category, logits=levels + logits, labels=labels)


def mlp_of_two_layers(draw: Draw) -> list[Case]:
    """The network that everybody starts with."""
    return [
        mlp(draw, "one row", [1, *draw.sizes(3, 3, 6)], 0.0),
        mlp(draw, "several rows", draw.sizes(4, 3, 7), 0.0),
        mlp(draw, "non-contiguous arrays", draw.sizes(4, 3, 7), 0.0, draw.strided),
    ]


def mlp_of_any_depth(draw: Draw) -> list[Case]:
    """One layer, three layers, five layers."""
    return [
        mlp(draw, "one layer", draw.sizes(3, 2, 6), 0.0),
        mlp(draw, "three layers", draw.sizes(5, 3, 8), 0.0),
        mlp(draw, "five layers", draw.sizes(7, 3, 9), 0.0),
    ]


def mlp_weight_decay(draw: Draw) -> list[Case]:
    """Weight decay, with biases that would show it."""
    one, two, three = draw.uniform(0.1, 0.9, 3).tolist()
    return [
        mlp(draw, "one layer, weight decay", draw.sizes(3, 2, 6), one),
        mlp(draw, "two layers, weight decay", draw.sizes(4, 3, 7), two),
        mlp(draw, "three layers, weight decay", draw.sizes(5, 3, 8), three),
    ]


def mlp(
    draw: Draw,
    category: str,
    sizes: Sequence[int],
    weight_decay: float,
    layout: Callable[[Array], Array] = np.asarray,
) -> Case:
    """A network whose hidden layers all have active and inactive units, none near the kink.

    ``sizes`` are the batch's and then each layer's, all different.
    """
    rows, *widths = sizes

    def network() -> tuple[Array, list[tuple[Array, Array]]]:
        layers = [
            (signed(draw, fan_in, fan_out) / np.sqrt(fan_in), 0.5 * signed(draw, fan_out))
            for fan_in, fan_out in pairwise(widths)
        ]
        return signed(draw, rows, widths[0]), layers

    def tells(drawn: tuple[Array, list[tuple[Array, Array]]]) -> bool:
        x, layers = drawn
        for w, b in layers[:-1]:
            x = x @ w + b
            if np.abs(x).min() < 1e-3 or not 0.2 < (x > 0).mean() < 0.8:
                return False
            x = np.maximum(x, 0.0)
        return True

    x, layers = until(network, tells)
    labels = draw.labels(rows, widths[-1])
    params = [(layout(w), b) for w, b in layers]
    return Case(category, params=params, x=layout(x), labels=labels, weight_decay=weight_decay)


def graph(
    draw: Draw, category: str, shape: tuple[int, ...], nodes: Sequence[tuple[Any, ...]], *leaves: Array
) -> Case:
    """A graph whose output has ``shape``."""
    return Case(category, graph=list(nodes), leaves=list(leaves), upstream=signed(draw, *shape))


def graph_arithmetic(draw: Draw) -> list[Case]:
    """The four operations of arithmetic, each leaf used once and all of one shape."""
    n, m = draw.sizes(2, 2, 5)
    a, b, c, d, e = (signed(draw, n, m) for _ in range(5))
    composed = [("sub", (0, 1)), ("mul", (2, 3)), ("div", (5, 6)), ("add", (7, 4))]
    return [
        graph(draw, "sub of two scalars", (), [("sub", (0, 1))], signed(draw), signed(draw)),
        *(
            graph(draw, f"{name} of two matrices", (n, m), [(name, (0, 1))], a, b)
            for name in ("add", "sub", "mul")
        ),
        graph(draw, "div of two matrices", (n, m), [("div", (0, 1))], a, b),
        graph(
            draw,
            "div of non-contiguous matrices",
            (n, m),
            [("div", (0, 1))],
            draw.strided(c),
            draw.strided(d),
        ),
        graph(draw, "all four in one expression", (n, m), composed, a, b, c, d, e),
    ]


def graph_functions(draw: Draw) -> list[Case]:
    """Elementwise functions, relu at exactly 0, maximum with ties."""
    n, m = draw.sizes(2, 3, 5)
    a, b = signed(draw, n, m), signed(draw, n, m)
    tied = b.copy()
    tied[:, ::2] = a[:, ::2]
    composed = [("exp", (0,)), ("maximum", (2, 1)), ("log", (3,)), ("tanh", (4,))]
    return [
        graph(draw, "exp", (n, m), [("exp", (0,))], a),
        graph(draw, "log", (n, m), [("log", (0,))], positive(draw, n, m)),
        graph(draw, "tanh", (n, m), [("tanh", (0,))], draw.strided(b)),
        graph(draw, "relu, with inputs of 0 and -0.0", (n, m), [("relu", (0,))], with_zeros(draw, n, m)),
        graph(draw, "maximum", (n, m), [("maximum", (0, 1))], a, b),
        graph(draw, "maximum with ties", (n, m), [("maximum", (0, 1))], a, tied),
        graph(draw, "functions of functions", (n, m), composed, a, positive(draw, n, m)),
    ]


def graph_pow(draw: Draw) -> list[Case]:
    """Constant powers, each at the bases that the contract allows it."""
    n, m = draw.sizes(2, 3, 5)
    zeros = with_zeros(draw, n, m)
    above, both = positive(draw, n, m), signed(draw, n, m)
    settings = {
        "exponent 2.0, bases of both signs": (2.0, both),
        "exponent 3.0, bases of both signs and 0": (3.0, zeros),
        "exponent 0.5": (0.5, above),
        "exponent -1.5": (-1.5, above),
        "exponent 1.0, bases of both signs and 0": (1.0, zeros),
        "exponent 0.0, bases of both signs": (0.0, both),
        "exponent 0.0, bases of both signs and 0": (0.0, zeros),
    }
    cases = [graph(draw, name, (n, m), [("pow", (0,), p)], base) for name, (p, base) in settings.items()]
    return [*cases, graph(draw, "power of a power", (n, m), [("pow", (0,), 2.0), ("pow", (1,), -0.7)], above)]


def graph_matmul_sum_reshape(draw: Draw) -> list[Case]:
    """Operations that change the shape."""
    n, m, k = draw.sizes(3, 2, 5)
    matrix, cube = signed(draw, n, m), signed(draw, n, m, k)
    composed = [("matmul", (0, 1)), ("reshape", (2,), (k, n)), ("sum", (3,), -2), ("exp", (4,))]
    return [
        graph(draw, "sum over axis 0", (m,), [("sum", (0,), 0)], matrix),
        graph(draw, "sum over axis -1", (n,), [("sum", (0,), -1)], matrix),
        graph(draw, "sum over all axes", (), [("sum", (0,), None)], matrix),
        graph(draw, "sum over axis 1 of three", (n, k), [("sum", (0,), 1)], cube),
        graph(draw, "sum over axis -2 of three", (n, k), [("sum", (0,), -2)], draw.strided(cube)),
        graph(draw, "reshape to one axis", (n * m,), [("reshape", (0,), (n * m,))], draw.strided(matrix)),
        graph(
            draw, "reshape to three axes", (k, n, m), [("reshape", (0,), (k, n, m))], signed(draw, n, k * m)
        ),
        graph(draw, "matmul", (n, k), [("matmul", (0, 1))], matrix, signed(draw, m, k)),
        graph(draw, "matmul, reshape, sum, exp", (n,), composed, 0.3 * matrix, signed(draw, m, k)),
    ]


def graph_broadcasting(draw: Draw) -> list[Case]:
    """Every way in which one array can be repeated along another, on both sides."""
    n, m, k = draw.sizes(3, 2, 5)
    matrix, cube = signed(draw, n, m), signed(draw, k, n, m)
    row, column = signed(draw, 1, m), signed(draw, n, 1)
    add, mul = [("add", (0, 1))], [("mul", (0, 1))]
    layer = [("matmul", (0, 1)), ("add", (3, 2)), ("tanh", (4,)), ("sum", (5,), None)]
    weights, bias = 0.3 * signed(draw, m, k), signed(draw, k)
    return [
        graph(draw, "scalar times matrix", (n, m), mul, signed(draw), matrix),
        graph(draw, "matrix plus vector", (n, m), add, matrix, signed(draw, m)),
        graph(draw, "axis of size 1, first value", (n, m), mul, column, matrix),
        graph(draw, "axis of size 1, second value", (n, m), add, matrix, row),
        graph(draw, "axes of size 1 on both sides", (n, m), mul, column, row),
        graph(draw, "axis of size 1 that stays", (1, m), mul, row, signed(draw, m)),
        graph(draw, "matrix times three axes", (k, n, m), mul, matrix, cube),
        graph(draw, "leading axis and axis of size 1", (k, n, m), mul, cube, column),
        graph(draw, "bias of an affine layer", (), layer, matrix, weights, bias),
    ]


def graph_broadcasting_of_every_operation(draw: Draw) -> list[Case]:
    """The operations that ``graph_broadcasting`` leaves out."""
    n, m, k = draw.sizes(3, 2, 5)
    outer = (signed(draw, k, 1, m), signed(draw, n, 1))
    return [
        graph(draw, f"{name}, leading axis and axes of size 1", (k, n, m), [(name, order)], *outer)
        for name in ("sub", "div", "maximum")
        for order in ((0, 1), (1, 0))
    ]


def graph_several_consumers(draw: Draw) -> list[Case]:
    """Values used more than once, where one consumer needs the other: there is one right order."""
    n, m = draw.sizes(2, 2, 5)
    a, b = signed(draw, n, m), signed(draw, n, m)
    forward = [("mul", (0, 1)), ("add", (2, 0)), ("mul", (2, 3))]
    mirrored = [("mul", (0, 1)), ("add", (0, 2)), ("mul", (3, 2))]
    shared = [("exp", (0,)), ("add", (2, 0)), ("add", (3, 1))]
    steps = [("tanh", (0,)), ("mul", (1, 0)), ("add", (2, 1)), ("mul", (3, 2))]
    return [
        graph(draw, "a value times itself", (n,), [("mul", (0, 0))], signed(draw, n)),
        graph(draw, "a matrix times itself", (n, n), [("matmul", (0, 0))], signed(draw, n, n)),
        graph(draw, "f = u v with u = a b, v = u + a", (n, m), forward, a, b),
        graph(draw, "f = v u with u = a b, v = a + u", (n, m), mirrored, a, b),
        graph(draw, "f = exp(a) + a + b", (n, m), shared, a, b),
        graph(draw, "three values used twice each", (n, m), steps, a),
    ]


def graph_diamonds(draw: Draw) -> list[Case]:
    """Two ways from a value to the output, of which neither comes first."""
    n, m = draw.sizes(2, 2, 5)
    diamond = [("exp", (0,)), ("tanh", (0,)), ("mul", (1, 2))]
    double = [*diamond, ("log", (1,)), ("mul", (3, 3)), ("add", (4, 5))]
    return [
        graph(draw, "a diamond of scalars", (), diamond, signed(draw)),
        graph(draw, "a diamond", (n, m), diamond, signed(draw, n, m)),
        graph(draw, "a diamond on a diamond", (n, m), double, signed(draw, n, m)),
    ]


def graph_in_any_order(draw: Draw) -> list[Case]:
    """Nodes that name values computed by later nodes, and values that do not reach the output."""
    n, m, k = draw.sizes(3, 2, 5)
    a, b, c = (signed(draw, n, m) for _ in range(3))
    backwards = [("exp", (4,)), ("mul", (0, 1)), ("add", (3, 2))]
    network: list[tuple[Any, ...]] = [("matmul", (0, 1)), ("add", (4, 2)), ("tanh", (5,))]
    network += [
        ("reshape", (6,), (k, n)),
        ("matmul", (7, 3)),
        ("exp", (8,)),
        ("sum", (9,), 0),
        ("log", (10,)),
        ("tanh", (11,)),
    ]
    network += [("sum", (12,), None)]
    leaves = (0.3 * a, signed(draw, m, k), signed(draw, n, k), 0.3 * signed(draw, n, m))
    shuffled = [*draw.generator.permutation(len(network) - 1).tolist(), len(network) - 1]
    return [
        graph(draw, "a node before its input", (n, m), backwards, a, b, c),
        graph(draw, "a leaf that no node uses", (n, m), [("mul", (0, 2))], a, signed(draw, k), c),
        graph(draw, "a node that does not reach the output", (n, m), [("exp", (0,)), ("mul", (0, 1))], a, b),
        graph(draw, "a node that uses the output", (n, m), [("exp", (3,)), ("mul", (0, 1))], a, b),
        graph(draw, "ten nodes, shuffled", (), listed(network, 4, shuffled), *leaves),
    ]


def graph_of_many_nodes(draw: Draw) -> list[Case]:
    """2**50 paths through 100 nodes, and a chain of 5,000 nodes that is listed from its middle."""
    size = draw.sizes(1, 3, 5)[0]
    numbers = [0, *range(3, 101, 2)]  # of the values that are doubled; value 1 is the factor
    doubled = [[("add", (i, i)), ("mul", (2 * step + 2, 1))] for step, i in enumerate(numbers)]
    ladder = [node for pair in doubled for node in pair]
    chain = [(("mul", "add", "add")[k % 3], (k + 3 if k else 0, 1 + k % 3)) for k in range(5_000)]
    middle = [*range(2_500, 4_999), *range(2_500), 4_999]
    signs = until(lambda: np.sign(signed(draw, size)), lambda drawn: bool(abs(drawn.sum()) < size))
    near_half = draw.uniform(0.45, 0.55, size)
    leaves = (signed(draw, size), signs, signed(draw, size), signed(draw, size))
    return [
        graph(draw, "a value doubled 50 times", (size,), ladder, signed(draw, size), near_half),
        graph(draw, "a chain of 30 nodes", (size,), chain[:30], *leaves),
        graph(draw, "a chain of 5,000 nodes", (size,), listed(chain, len(leaves), middle), *leaves),
    ]


def listed(nodes: Sequence[tuple[Any, ...]], leaf_count: int, order: Sequence[int]) -> list[tuple[Any, ...]]:
    """List the nodes in another order, and number their values anew."""
    number = {leaf: leaf for leaf in range(leaf_count)}
    number.update({leaf_count + node: leaf_count + place for place, node in enumerate(order)})
    return [(nodes[k][0], tuple(number[i] for i in nodes[k][1]), *nodes[k][2:]) for k in order]


def graph_errors(draw: Draw) -> list[Case]:
    """A good graph, which must not raise, and bad ones."""
    n, m = draw.sizes(2, 2, 5)
    good = [("mul", (0, 1)), ("exp", (2,))]
    bad: dict[str, Sequence[tuple[Any, ...]]] = {
        "a node that uses its own value": [("add", (0, 2))],
        "a cycle of three nodes": [("add", (0, 4)), ("exp", (2,)), ("mul", (3, 1)), ("tanh", (4,))],
        "a cycle that does not reach the output": [("add", (0, 3)), ("exp", (2,)), ("mul", (0, 1))],
        "an unknown operation": [("convolve", (0, 1)), ("exp", (2,))],
        "an unknown operation that does not reach the output": [("convolve", (0, 1)), ("mul", (0, 1))],
        "a value number that is too large": [("mul", (0, 1)), ("add", (2, 4))],
        "a negative value number": [("mul", (0, 1)), ("add", (2, -4))],
        "a missing value, in a node that does not reach the output": [("exp", (9,)), ("mul", (0, 1))],
    }
    graphs = {"a good graph": good, **bad}
    leaves = (0.5 * signed(draw, n, m), 0.5 * signed(draw, n, m))
    return [graph(draw, category, (n, m), nodes, *leaves) for category, nodes in graphs.items()]
