"""The computation graph."""

from typing import Any

import numpy as np

from torchgrade.testing import Tolerance, check, close, numerical_gradient

DIFFERENCES = Tolerance(relative=1e-6, absolute=1e-8)
FORWARD: dict[str, Any] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
    "pow": np.power,
    "matmul": np.matmul,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "relu": lambda value: np.maximum(value, 0.0),
    "sum": np.sum,
    "reshape": np.reshape,
}


def test_graph_worked_example(student):
    """backpropagate: the worked example of the handout"""
    graph = [("mul", (0, 1)), ("add", (2, 0)), ("mul", (2, 3))]
    gradients = student.backpropagate(graph, [np.array(2.0), np.array(3.0)], np.array(1.0))
    close(gradients, [48.0, 28.0], "gradients of a and b")


def test_graph_operations(student, cases, draw):
    """backpropagate: each operation by itself agrees with numerical differentiation"""
    for case in cases.operations():
        agrees_numerically(student, draw, **case.arguments)


def test_graph_broadcasting(student, cases, draw):
    """backpropagate: gradients of broadcast values"""
    for case in cases.broadcasting():
        agrees_numerically(student, draw, **case.arguments)


def agrees_numerically(student, draw, graph, leaves) -> None:
    """Compare the gradients of a graph of one node with central differences of numpy's operation."""
    ((name, _, *argument),) = graph
    upstream = draw.normal(*np.shape(FORWARD[name](*leaves, *argument)))
    gradients = student.backpropagate(graph, leaves, upstream)
    check(len(gradients) == len(leaves), f"{name}: expected one gradient a leaf")
    shapes = " and ".join(str(leaf.shape) for leaf in leaves)
    for i, leaf in enumerate(leaves):
        function = output_with(FORWARD[name], leaves, argument, i)
        expected = numerical_gradient(function, leaf, upstream)
        what = f"gradient of value {i} of {name}{argument or ''} (shapes: {shapes})"
        close(gradients[i], expected, what, DIFFERENCES)


def output_with(operation, leaves, argument, i):
    """Return the operation as a function of leaf i alone."""
    return lambda array: operation(*leaves[:i], array, *leaves[i + 1 :], *argument)


def test_graph_values_used_twice(student):
    """backpropagate: a value that is used several times"""
    x = np.array([1.0, -2.0, 0.5])
    upstream = np.array([1.0, 2.0, -3.0])
    close(student.backpropagate([("mul", (0, 0))], [x], upstream), [2.0 * x * upstream], "gradient of x x")
    graph = [("exp", (0,)), ("tanh", (0,)), ("mul", (1, 2))]
    slope = np.exp(x) * (np.tanh(x) + 1.0 - np.tanh(x) ** 2)
    close(student.backpropagate(graph, [x], upstream), [slope * upstream], "gradient of exp(x) tanh(x)")


def test_graph_in_any_order(student):
    """backpropagate: a node before its input, an unused leaf, a node that leads nowhere"""
    x, y, unused = np.array([1.0, 2.0]), np.array([3.0, -1.0]), np.array([4.0, 5.0, 6.0])
    graph = [("exp", (4,)), ("mul", (0, 1)), ("tanh", (0,)), ("mul", (3, 1))]
    product = np.exp(x * y)
    expected = [y * y * product, (1.0 + x * y) * product, np.zeros(3)]
    close(student.backpropagate(graph, [x, y, unused], np.ones(2)), expected, "gradients")


def test_graph_of_5000_nodes(student):
    """backpropagate: a chain of 5,000 nodes"""
    # The second half is listed before the first.
    previous = [5_000, *range(2, 2_500), 0, *range(2_501, 5_000), 2_500]
    graph = [("add", (value, 1)) for value in previous]
    upstream = np.array([1.0, -2.0])
    gradients = student.backpropagate(graph, [np.ones(2), np.ones(2)], upstream)
    close(gradients, [upstream, 5_000.0 * upstream], "gradients")
