# canary: torchgrade-reference-7f3c1d
"""Backpropagation by hand: the model solution.

The multi-layer perceptron and the computation graph take their parts (a layer's backward pass, the
table of operations, the rule that undoes broadcasting) as arguments, so that each can be replaced.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from torchgrade import hookimpl

Array = np.ndarray[Any, np.dtype[np.float64]]
Labels = np.ndarray[Any, np.dtype[np.int64]]
Node = tuple[Any, ...]


@hookimpl
def affine_backward(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


@hookimpl
def relu_backward(dout: Array, x: Array) -> Array:
    return np.where(x > 0.0, dout, 0.0)


@hookimpl
def softmax_cross_entropy(logits: Array, labels: Labels) -> tuple[float, Array]:
    # Softmax does not change when a row is shifted. With each row's own maximum at 0 no exponential
    # overflows and no sum is below 1; the loss is taken in logarithms and never sees a probability.
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = np.mean(np.log(totals[:, 0]) - shifted[rows, labels])
    dlogits = exponentials / totals
    dlogits[rows, labels] -= 1.0
    dlogits /= len(labels)
    return float(loss), dlogits


@hookimpl
def mlp_loss_and_gradients(
    params: Sequence[tuple[Array, Array]], x: Array, labels: Labels, weight_decay: float
) -> tuple[float, list[tuple[Array, Array]]]:
    return mlp_step(params, x, labels, weight_decay)


def mlp_step(
    params: Sequence[tuple[Array, Array]],
    x: Array,
    labels: Labels,
    weight_decay: float,
    *,
    affine_gradients: Callable[..., tuple[Array, Array, Array]] = affine_backward,
    relu_gradient: Callable[..., Array] = relu_backward,
    cross_entropy: Callable[..., tuple[float, Array]] = softmax_cross_entropy,
) -> tuple[float, list[tuple[Array, Array]]]:
    """Return the loss and ``[(dw, db), ...]`` of a multi-layer perceptron built from these parts."""
    inputs = [x]  # of each layer
    before_relu = []
    for w, b in params[:-1]:
        before_relu.append(inputs[-1] @ w + b)
        inputs.append(np.maximum(before_relu[-1], 0.0))
    last_w, last_b = params[-1]
    loss, dout = cross_entropy(inputs[-1] @ last_w + last_b, labels)
    loss += 0.5 * weight_decay * sum(float(np.vdot(w, w)) for w, _ in params)

    gradients = []
    for layer in reversed(range(len(params))):
        w, b = params[layer]
        dx, dw, db = affine_gradients(dout, inputs[layer], w, b)
        gradients.append((dw + weight_decay * w, db))
        if layer > 0:
            dout = relu_gradient(dx, before_relu[layer - 1])
    return loss, gradients[::-1]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a node computes and how a gradient passes back through it.

    Attributes:
        forward: called with the values of the inputs and the node's argument (None if it has none).
        backward: called with the gradient of the output, the values of the inputs, the output and
            the argument; returns one gradient an input, in the shape of the output where the
            operation broadcasts.
    """

    forward: Callable[..., Any]
    backward: Callable[..., tuple[Any, ...]]


def power_gradient(g: Array, a: Array, _out: Array, p: float) -> tuple[Array]:
    """Gradient of ``a**p``; the power 0.0 is constant, also at base 0, where ``a**-1`` is infinite."""
    return (g * p * a ** (p - 1.0) if p != 0.0 else np.zeros_like(a),)


def sum_gradient(g: Array, a: Array, _out: Array, axis: int | None) -> tuple[Array]:
    """Gradient of a sum: each summand gets the gradient of its total."""
    kept = g if axis is None else np.expand_dims(g, axis)
    return (np.broadcast_to(kept, a.shape),)


OPERATIONS: Mapping[str, Operation] = {
    "add": Operation(lambda a, b, _: a + b, lambda g, *_: (g, g)),
    "sub": Operation(lambda a, b, _: a - b, lambda g, *_: (g, -g)),
    "mul": Operation(lambda a, b, _: a * b, lambda g, a, b, *_: (g * b, g * a)),
    "div": Operation(lambda a, b, _: a / b, lambda g, _a, b, out, _: (g / b, -g * out / b)),
    "maximum": Operation(
        lambda a, b, _: np.maximum(a, b),
        lambda g, a, b, *_: (np.where(a >= b, g, 0.0), np.where(a >= b, 0.0, g)),
    ),
    "pow": Operation(lambda a, p: a**p, power_gradient),
    "matmul": Operation(lambda a, b, _: a @ b, lambda g, a, b, *_: (g @ b.T, a.T @ g)),
    "exp": Operation(lambda a, _: np.exp(a), lambda g, _a, out, _: (g * out,)),
    "log": Operation(lambda a, _: np.log(a), lambda g, a, *_: (g / a,)),
    "tanh": Operation(lambda a, _: np.tanh(a), lambda g, _a, out, _: (g * (1.0 - out * out),)),
    "relu": Operation(lambda a, _: np.maximum(a, 0.0), lambda g, a, *_: (np.where(a > 0.0, g, 0.0),)),
    "sum": Operation(lambda a, axis: np.sum(a, axis=axis), sum_gradient),
    "reshape": Operation(np.reshape, lambda g, a, *_: (np.reshape(g, a.shape),)),
}


def unpack(node: Node) -> tuple[str, tuple[int, ...], Any]:
    """Return the operation's name, the value numbers of its inputs, and its argument or None."""
    return node[0], node[1], node[2] if len(node) > 2 else None


def topological_order(
    graph: Sequence[Node], leaf_count: int, operations: Mapping[str, Operation] = OPERATIONS
) -> list[int]:
    """Return the positions of all nodes, each after the nodes whose values it needs (Kahn 1962).

    Raises:
        ValueError: for a cycle, an unknown operation, or a value number that does not exist.
    """
    value_count = leaf_count + len(graph)
    consumers: list[list[int]] = [[] for _ in graph]
    missing = [0] * len(graph)
    for node, (name, inputs, *_) in enumerate(graph):
        if name not in operations:
            raise ValueError(f"unknown operation {name!r}")
        for i in inputs:
            if not 0 <= i < value_count:
                raise ValueError(f"there is no value number {i}")
            if i >= leaf_count:
                consumers[i - leaf_count].append(node)
                missing[node] += 1
    ready = deque(node for node, count in enumerate(missing) if count == 0)
    order = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for consumer in consumers[node]:
            missing[consumer] -= 1
            if missing[consumer] == 0:
                ready.append(consumer)
    if len(order) < len(graph):
        raise ValueError("the graph has a cycle")
    return order


def evaluate(
    graph: Sequence[Node],
    leaves: Sequence[Array],
    order: Sequence[int],
    operations: Mapping[str, Operation] = OPERATIONS,
) -> list[Any]:
    """Return all values by number: the leaves, then what the nodes compute."""
    values: list[Any] = [*leaves, *([None] * len(graph))]
    for node in order:
        name, inputs, argument = unpack(graph[node])
        values[len(leaves) + node] = operations[name].forward(*[values[i] for i in inputs], argument)
    return values


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum ``gradient`` over the axes along which an array of ``shape`` was repeated."""
    added = gradient.ndim - len(shape)
    repeated = tuple(
        axis for axis, size in enumerate(gradient.shape) if axis < added or (shape[axis - added] == 1 != size)
    )
    return np.reshape(np.sum(gradient, axis=repeated), shape)


def pass_back(
    node: Node,
    number: int,
    gradient: Array,
    values: Sequence[Any],
    operations: Mapping[str, Operation] = OPERATIONS,
    *,
    undo_broadcasting: Callable[..., Any] = unbroadcast,
) -> list[tuple[int, Any]]:
    """Return, for each input of a node, its value number and its share of the node's gradient.

    Args:
        node: the node.
        number: number of the value that it computes.
        gradient: gradient of that value.
        values: all values by number.
        operations: what nodes may compute.
        undo_broadcasting: brings a gradient to a shape.
    """
    name, inputs, argument = unpack(node)
    arrays = [values[i] for i in inputs]
    shares = operations[name].backward(gradient, *arrays, values[number], argument)
    return [
        (i, share if share.shape == array.shape else undo_broadcasting(share, array.shape))
        for i, array, share in zip(inputs, arrays, shares, strict=True)
    ]


def leaf_gradients(leaves: Sequence[Array], gradients: Sequence[Any]) -> list[Array]:
    """Return new arrays: the gradients of the leaves, zero where the output does not depend on one."""
    return [
        np.zeros(leaf.shape) if g is None else np.array(g, dtype=np.float64)
        for leaf, g in zip(leaves, gradients, strict=False)
    ]


def differentiate(
    graph: Sequence[Node],
    leaves: Sequence[Array],
    upstream: Array,
    *,
    operations: Mapping[str, Operation] = OPERATIONS,
    schedule: Callable[..., list[int]] = topological_order,
    undo_broadcasting: Callable[..., Any] = unbroadcast,
    add: Callable[[Any, Any], Any] = np.add,
) -> list[Array]:
    """Return the gradient of each leaf.

    Args:
        graph: the nodes, in any order; the last is the output.
        leaves: the values that no node computes.
        upstream: gradient of the output.
        operations: what the nodes may compute.
        schedule: puts the nodes in order.
        undo_broadcasting: brings a gradient to a shape.
        add: makes one gradient of two for a value with several consumers.
    """
    order = schedule(graph, len(leaves), operations)
    values = evaluate(graph, leaves, order, operations)
    gradients: list[Any] = [None] * len(values)
    gradients[-1] = upstream
    for node in reversed(order):
        number = len(leaves) + node
        if gradients[number] is None:  # the output does not depend on it
            continue
        shares = pass_back(
            graph[node], number, gradients[number], values, operations, undo_broadcasting=undo_broadcasting
        )
        for i, share in shares:
            gradients[i] = share if gradients[i] is None else add(gradients[i], share)
    return leaf_gradients(leaves, gradients)


@hookimpl
def backpropagate(graph: Sequence[Node], leaves: Sequence[Array], upstream: Array) -> list[Array]:
    return differentiate(graph, leaves, upstream)
