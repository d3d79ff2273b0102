"""Daria Sokolova, homework 1"""
import numpy as np
from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w):
    # b is not needed for any of the gradients, so I left it out
    rows = x.reshape(x.shape[0], -1)
    dx = np.dot(w, dout.T).T.reshape(x.shape)
    dw = np.dot(rows.T, dout)
    db = dout.sum(axis=0)
    return dx, dw, db


@hookimpl
def relu_backward(dout, x):
    return np.where(x > 0, dout, np.zeros(()))


@hookimpl
def softmax_cross_entropy(logits, labels):
    n = logits.shape[0]
    best = np.max(logits, axis=1, keepdims=True)
    weights = np.exp(logits - best)
    norm = weights.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(norm[:, 0]) + best[:, 0] - logits[np.arange(n), labels])
    weights /= norm
    weights[np.arange(n), labels] -= 1
    return loss, weights / n


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    values = [x]
    for w, b in params:
        values.append(np.maximum(values[-1], 0) @ w + b if len(values) > 1 else x @ w + b)
    loss, delta = softmax_cross_entropy(values[-1], labels)
    gradients = []
    for number in range(len(params), 0, -1):
        w, _ = params[number - 1]
        before = values[number - 1]
        fed = before if number == 1 else np.maximum(before, 0)
        delta_in, dw, db = affine_backward(delta, fed, w)
        delta = relu_backward(delta_in, before)
        gradients.append((dw + weight_decay * w, db))
        loss = loss + 0.5 * weight_decay * np.sum(w**2)
    return loss, gradients[::-1]


def contract_to(gradient, shape):
    gradient = np.asarray(gradient)
    gradient = gradient.reshape((-1, *gradient.shape[gradient.ndim - len(shape):])).sum(axis=0)
    for axis in range(len(shape)):
        if shape[axis] == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


@hookimpl
def backpropagate(graph, leaves, upstream):
    leaf_count = len(leaves)
    forward = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "maximum": np.maximum,
        "matmul": lambda a, b: a @ b,
        "pow": lambda a, p: a**p,
        "exp": np.exp,
        "log": np.log,
        "tanh": np.tanh,
        "relu": lambda a: np.maximum(a, 0.0),
        "sum": lambda a, axis: a.sum(axis=axis),
        "reshape": lambda a, shape: a.reshape(shape),
    }
    # for each operation one derivative an argument: (gradient of result, result, arguments...)
    derivative = {
        "add": [lambda g, y, a, b: g, lambda g, y, a, b: g],
        "sub": [lambda g, y, a, b: g, lambda g, y, a, b: -g],
        "mul": [lambda g, y, a, b: g * b, lambda g, y, a, b: g * a],
        "div": [lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b],
        "maximum": [lambda g, y, a, b: g * (a >= b), lambda g, y, a, b: g * (a < b)],
        "matmul": [lambda g, y, a, b: g @ b.T, lambda g, y, a, b: a.T @ g],
        "pow": [lambda g, y, a, p: np.zeros(a.shape) if p == 0 else g * p * a ** (p - 1)],
        "exp": [lambda g, y, a: g * y],
        "log": [lambda g, y, a: g / a],
        "tanh": [lambda g, y, a: g * (1 - y**2)],
        "relu": [lambda g, y, a: g * (a > 0)],
        "sum": [lambda g, y, a, axis: np.ones(a.shape) * (g if axis is None else np.expand_dims(g, axis))],
        "reshape": [lambda g, y, a, shape: g.reshape(a.shape)],
    }
    known = range(leaf_count + len(graph))
    for operation, inputs, *_ in graph:
        if operation not in forward:
            raise ValueError(f"unknown operation {operation}")
        for number in inputs:
            if number not in known:
                raise ValueError(f"unknown value {number}")

    # colours: 0 new, 1 on the way, 2 done
    colour = [2] * leaf_count + [0] * len(graph)
    order = []
    for start in known:
        path = [start]
        while path:
            here = path[-1]
            if colour[here] == 2:
                path.pop()
                continue
            colour[here] = 1
            following = [i for i in graph[here - leaf_count][1] if colour[i] != 2]
            if not following:
                colour[here] = 2
                order.append(here)
                path.pop()
            elif colour[following[0]] == 1:
                raise ValueError("cycle")
            else:
                path.append(following[0])

    values = list(leaves) + [None] * len(graph)
    values = [None if v is None else np.asarray(v) for v in values]
    for here in order:
        operation, inputs, *argument = graph[here - leaf_count]
        values[here] = np.asarray(forward[operation](*(values[i] for i in inputs), *argument))
    gradients = [np.zeros(v.shape) for v in values]
    gradients[-1] = gradients[-1] + upstream
    for here in reversed(order):
        operation, inputs, *argument = graph[here - leaf_count]
        arguments = [values[i] for i in inputs] + argument
        for i, rule in zip(inputs, derivative[operation]):
            part = rule(gradients[here], values[here], *arguments)
            gradients[i] = gradients[i] + contract_to(part, values[i].shape)
    return gradients[:leaf_count]
