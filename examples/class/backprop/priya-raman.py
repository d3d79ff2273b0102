"""Priya Raman - backpropagation, first assignment."""
from typing import Callable, NamedTuple

import numpy as np

from torchgrade import hookimpl


@hookimpl
def affine_backward(dout: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray):
    batch = x.shape[0]
    x_flat = x.reshape(batch, -1)
    grad_x = (dout @ w.T).reshape(x.shape)
    grad_w = x_flat.T @ dout
    grad_b = np.einsum("ij->j", dout)
    return grad_x, grad_w, grad_b


@hookimpl
def relu_backward(dout: np.ndarray, x: np.ndarray):
    return (x > 0) * dout


@hookimpl
def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray):
    batch, classes = logits.shape
    centred = logits - np.max(logits, axis=1, keepdims=True)
    log_sum = np.log(np.exp(centred).sum(axis=1))
    index = (np.arange(batch), labels)
    loss = (log_sum - centred[index]).mean()
    grad = np.exp(centred - log_sum[:, np.newaxis])
    grad[index] -= 1.0
    grad *= 1.0 / batch
    return loss, grad


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    *hidden, output = params
    stack = []
    activation = x
    for w, b in hidden:
        pre_activation = activation @ w + b
        stack.append((activation, w, b, pre_activation))
        activation = np.maximum(pre_activation, 0.0)
    w, b = output
    loss, grad = softmax_cross_entropy(activation @ w + b, labels)
    loss += 0.5 * weight_decay * sum(float(np.sum(weight * weight)) for weight, _ in params)

    grad, grad_w, grad_b = affine_backward(grad, activation, w, b)
    gradients = [(grad_w + weight_decay * w, grad_b)]
    while stack:
        activation, w, b, pre_activation = stack.pop()
        grad = relu_backward(grad, pre_activation)
        grad, grad_w, grad_b = affine_backward(grad, activation, w, b)
        gradients.append((grad_w + weight_decay * w, grad_b))
    gradients.reverse()
    return loss, gradients


class Op(NamedTuple):
    forward: Callable
    vjp: Callable


def _sum_vjp(g, y, x, axis):
    if axis is None:
        return [np.full(x.shape, float(g))]
    return [np.repeat(np.expand_dims(g, axis), x.shape[axis], axis)]


def _pow_vjp(g, y, x, p):
    return [g * p * x ** (p - 1.0)] if p != 0.0 else [np.zeros(x.shape)]


OPERATIONS: dict[str, Op] = {
    "add": Op(np.add, lambda g, y, a, b: [g, g]),
    "sub": Op(np.subtract, lambda g, y, a, b: [g, np.negative(g)]),
    "mul": Op(np.multiply, lambda g, y, a, b: [g * b, g * a]),
    "div": Op(np.divide, lambda g, y, a, b: [g / b, -g * y / b]),
    "maximum": Op(np.maximum, lambda g, y, a, b: [np.where(a >= b, g, 0.0), np.where(a >= b, 0.0, g)]),
    "matmul": Op(np.matmul, lambda g, y, a, b: [g @ b.T, a.T @ g]),
    "pow": Op(np.power, _pow_vjp),
    "exp": Op(np.exp, lambda g, y, x: [g * y]),
    "log": Op(np.log, lambda g, y, x: [g / x]),
    "tanh": Op(np.tanh, lambda g, y, x: [g * (1.0 - np.square(y))]),
    "relu": Op(lambda x: np.maximum(x, 0.0), lambda g, y, x: [g * (x > 0.0)]),
    "sum": Op(lambda x, axis: np.sum(x, axis=axis), _sum_vjp),
    "reshape": Op(np.reshape, lambda g, y, x, shape: [g.reshape(x.shape)]),
}


def _match_shape(grad, shape):
    """Sum over the axes that broadcasting has added on the left."""
    grad = np.asarray(grad)
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad


def _evaluation_order(graph, leaf_count):
    value_count = leaf_count + len(graph)
    uses = {number: [] for number in range(value_count)}
    blockers = {}
    for node_number, (name, inputs, *_) in enumerate(graph):
        if name not in OPERATIONS:
            raise ValueError(f"operation {name!r} is not supported")
        for i in inputs:
            if i not in uses:
                raise ValueError(f"value number {i} does not exist")
            uses[i].append(node_number)
        blockers[node_number] = sum(1 for i in inputs if i >= leaf_count)
    unblocked = [node_number for node_number, count in blockers.items() if count == 0]
    order = []
    while unblocked:
        node_number = unblocked.pop()
        order.append(node_number)
        for user in uses[leaf_count + node_number]:
            blockers[user] -= 1
            if blockers[user] == 0:
                unblocked.append(user)
    if len(order) != len(graph):
        raise ValueError("the graph contains a cycle")
    return order


@hookimpl
def backpropagate(graph, leaves, upstream):
    leaf_count = len(leaves)
    order = _evaluation_order(graph, leaf_count)
    values = {number: np.asarray(leaf, dtype=np.float64) for number, leaf in enumerate(leaves)}
    for node_number in order:
        name, inputs, *argument = graph[node_number]
        result = OPERATIONS[name].forward(*(values[i] for i in inputs), *argument)
        values[leaf_count + node_number] = np.asarray(result)

    grads = {number: np.zeros(value.shape) for number, value in values.items()}
    last = leaf_count + len(graph) - 1
    grads[last] = grads[last] + upstream
    for node_number in reversed(order):
        name, inputs, *argument = graph[node_number]
        number = leaf_count + node_number
        pieces = OPERATIONS[name].vjp(grads[number], values[number], *(values[i] for i in inputs), *argument)
        for i, piece in zip(inputs, pieces):
            grads[i] = grads[i] + _match_shape(piece, values[i].shape)
    return [grads[number] for number in range(leaf_count)]
