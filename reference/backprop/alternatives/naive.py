# canary: torchgrade-reference-7f3c1d
"""A right solution without any thought of speed: it must earn every point but those for budgets.

The perceptron takes its examples one by one; the graph is searched through whenever something is to
be found in it.
"""

from typing import Any

import numpy as np

from torchgrade import hookimpl

OVER_BUDGET = ("mlp_time", "graph_time")
NAMES = [
    "add",
    "sub",
    "mul",
    "div",
    "maximum",
    "pow",
    "matmul",
    "exp",
    "log",
    "tanh",
    "relu",
    "sum",
    "reshape",
]


@hookimpl
def affine_backward(dout, x, w, b):
    dx, dw, db = [], np.zeros(w.shape), np.zeros(b.shape)
    for row, gradient in zip(x, dout, strict=True):
        dx.append((w @ gradient).reshape(row.shape))
        dw = dw + np.outer(row, gradient)
        db = db + gradient
    return np.array(dx), dw, db


@hookimpl
def relu_backward(dout, x):
    return np.array([g if value > 0 else 0.0 for g, value in zip(dout.flat, x.flat, strict=True)]).reshape(
        x.shape
    )


@hookimpl
def softmax_cross_entropy(logits, labels):
    losses, gradients = [], []
    for row, label in zip(logits, labels, strict=True):
        # exp(row[c] - row[k]) over all pairs: the terms of 1 / p[k], the largest taken out of each.
        log_p = []
        for k in range(len(row)):
            differences = row - row[k]
            log_p.append(-differences.max() - np.log(np.exp(differences - differences.max()).sum()))
        losses.append(-log_p[label])
        target = [float(c == label) for c in range(len(row))]
        gradients.append((np.exp(log_p) - target) / len(labels))
    return float(np.mean(losses)), np.array(gradients)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    loss = weight_decay * sum(float((w**2).sum()) for w, _ in params) / 2
    gradients = [(weight_decay * w, np.zeros(b.shape)) for w, b in params]
    for example, label in zip(x, labels, strict=True):
        inputs, sums = [example], []
        for w, b in params:
            sums.append(inputs[-1] @ w + b)
            inputs.append(np.maximum(sums[-1], 0))
        one_loss, dlogits = softmax_cross_entropy(sums[-1][None], np.array([label]))
        loss += one_loss / len(x)
        gradient = dlogits[0] / len(x)
        for k in reversed(range(len(params))):
            dw, db = gradients[k]
            gradients[k] = (dw + np.outer(inputs[k], gradient), db + gradient)
            gradient = params[k][0] @ gradient
            if k > 0:
                gradient = np.where(sums[k - 1] > 0, gradient, 0)
    return loss, gradients


@hookimpl
def backpropagate(graph, leaves, upstream):
    count = len(leaves) + len(graph)
    for node in graph:
        if node[0] not in NAMES or any(not 0 <= i < count for i in node[1]):
            raise ValueError(f"what is {node}?")
    values, order = compute_all(graph, leaves)
    gradients = [None] * count
    used = np.array([(node[1][0], node[1][-1] if len(node[1]) > 1 else -1) for node in graph])
    for number in [*order[::-1], *range(len(leaves))]:
        total = np.zeros(np.shape(values[number]))
        if number == count - 1:
            total = total + upstream
        # Look through the whole list for nodes that used this value.
        for k, place in np.argwhere(used == number):
            total = total + share(graph[k], place, gradients[len(leaves) + k], values)
        gradients[number] = np.asarray(total)
    return gradients[: len(leaves)]


def compute_all(graph, leaves):
    """Return all values, and the numbers of the nodes' values in the order of their computation."""
    values = list(leaves) + [None] * len(graph)
    order = []
    while len(order) < len(graph):
        # Look through the whole list for nodes that can be computed now.
        before = len(order)
        for k, node in enumerate(graph, start=len(leaves)):
            if values[k] is None and all(values[i] is not None for i in node[1]):
                values[k] = compute(node, values)
                order.append(k)
        if len(order) == before:
            raise ValueError("the nodes that are left wait for one another")
    return values, order


def compute(node, values):
    name, inputs = node[0], [values[i] for i in node[1]]
    functions = {"sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power}
    if name == "relu":
        return np.maximum(inputs[0], 0)
    return functions.get(name, getattr(np, name, None))(*inputs, *node[2:])


def share(node, place, gradient, values):
    """Return the gradient that a node gives to the input at ``place``."""
    name, inputs = node[0], [values[i] for i in node[1]]
    x = inputs[place]
    if name == "matmul":
        return gradient @ inputs[1].T if place == 0 else inputs[0].T @ gradient
    if name == "reshape":
        return gradient.reshape(x.shape)
    if name == "sum":
        total = gradient if node[2] is None else np.expand_dims(gradient, node[2])
        return np.broadcast_to(total, x.shape)
    if name == "pow":
        slope = node[2] * x ** (node[2] - 1) if node[2] != 0 else 0 * x
    elif len(inputs) == 1:
        slope = SLOPES[name](x)
    else:
        slope = slope_of_two(name, place, *inputs)
    return undo_broadcasting(gradient * slope, np.shape(x))


SLOPES: dict[str, Any] = {
    "exp": np.exp,
    "log": np.reciprocal,
    "tanh": lambda x: np.cosh(x) ** -2.0,
    "relu": lambda x: np.heaviside(x, 0.0),
}


def slope_of_two(name, place, a, b):
    if name == "mul":
        return b if place == 0 else a
    if name == "div":
        return 1 / b if place == 0 else -a / b**2
    if name == "maximum":
        return 1.0 * (a >= b) if place == 0 else 1.0 * (a < b)
    return -1.0 if (name, place) == ("sub", 1) else 1.0


def undo_broadcasting(gradient, shape):
    total = np.zeros(shape)
    missing = gradient.ndim - len(shape)
    for index in np.ndindex(gradient.shape):
        own = tuple(0 if size == 1 else i for i, size in zip(index[missing:], shape, strict=True))
        total[own] += gradient[index]
    return total
