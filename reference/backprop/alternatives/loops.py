# canary: torchgrade-reference-7f3c1d
"""A right solution in plain loops: one example, one entry, one node at a time."""

import math

import numpy as np

from torchgrade import hookimpl

ARITY = {
    "add": 2,
    "sub": 2,
    "mul": 2,
    "div": 2,
    "maximum": 2,
    "matmul": 2,
    "pow": 1,
    "exp": 1,
    "log": 1,
    "tanh": 1,
    "relu": 1,
    "sum": 1,
    "reshape": 1,
}


@hookimpl
def affine_backward(dout, x, w, b):
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(b.shape)
    for n in range(x.shape[0]):
        features = np.ravel(x[n])
        dfeatures = np.zeros(len(features))
        for m in range(w.shape[1]):
            db[m] += dout[n, m]
            for d in range(len(features)):
                dw[d, m] += features[d] * dout[n, m]
                dfeatures[d] += w[d, m] * dout[n, m]
        dx[n] = dfeatures.reshape(x.shape[1:])
    return dx, dw, db


@hookimpl
def relu_backward(dout, x):
    dx = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        if x[index] > 0:
            dx[index] = dout[index]
    return dx


@hookimpl
def softmax_cross_entropy(logits, labels):
    rows, classes = logits.shape
    loss = 0.0
    dlogits = np.zeros((rows, classes))
    for n in range(rows):
        largest = max(logits[n])
        total = math.fsum(math.exp(logits[n, c] - largest) for c in range(classes))
        log_total = largest + math.log(total)
        loss += (log_total - logits[n, labels[n]]) / rows
        for c in range(classes):
            dlogits[n, c] = math.exp(logits[n, c] - log_total) / rows
        dlogits[n, labels[n]] -= 1 / rows
    return loss, dlogits


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    depth = len(params)
    before, after = [], [x]
    for layer in range(depth):
        w, b = params[layer]
        before.append(after[layer] @ w + b)
        after.append(before[layer] * (before[layer] > 0))
    loss, gradient = softmax_cross_entropy(before[-1], labels)
    gradients = [(None, None)] * depth
    for layer in range(depth - 1, -1, -1):
        w, b = params[layer]
        loss += weight_decay / 2 * (w * w).sum()
        if layer < depth - 1:
            gradient = gradient * (before[layer] > 0)
        gradients[layer] = (after[layer].T @ gradient + weight_decay * w, gradient.sum(axis=0))
        if layer > 0:
            gradient = gradient @ w.T
    return loss, gradients


@hookimpl
def backpropagate(graph, leaves, upstream):
    check(graph, len(leaves))
    order = depth_first_order(graph, len(leaves))
    values = dict(enumerate(leaves))
    for k in order:
        values[len(leaves) + k] = forward(graph[k], values)
    gradients = {i: np.zeros(np.shape(value)) for i, value in values.items()}
    gradients[len(values) - 1] = gradients[len(values) - 1] + upstream
    for k in reversed(order):
        push(graph[k], len(leaves) + k, values, gradients)
    return [np.asarray(gradients[i]) for i in range(len(leaves))]


def check(graph, leaf_count):
    for node in graph:
        if node[0] not in ARITY:
            raise ValueError(f"no operation {node[0]}")
        for i in node[1]:
            if i < 0 or i >= leaf_count + len(graph):
                raise ValueError(f"no value {i}")


def depth_first_order(graph, leaf_count):
    """Postorder with a stack of its own; a node that is entered twice before it is left is on a cycle."""
    state = [0] * len(graph)
    order = []
    for root in range(len(graph)):
        stack = [root]
        while stack:
            k = stack[-1]
            if state[k] == 0:
                state[k] = 1
                for i in graph[k][1]:
                    if i >= leaf_count and state[i - leaf_count] == 0:
                        stack.append(i - leaf_count)
                    elif i >= leaf_count and state[i - leaf_count] == 1:
                        raise ValueError("cycle")
            else:
                stack.pop()
                if state[k] == 1:
                    state[k] = 2
                    order.append(k)
    return order


def forward(node, values):
    operation, inputs = node[0], node[1]
    a = values[inputs[0]]
    b = values[inputs[-1]]
    argument = node[2] if len(node) > 2 else None
    if operation in ("add", "sub", "mul", "div", "maximum", "matmul"):
        return forward_two(operation, a, b)
    if operation == "pow":
        return np.power(a, argument)
    if operation == "relu":
        return a * (a > 0)
    if operation == "sum":
        return np.add.reduce(a, axis=argument if argument is not None else tuple(range(a.ndim)))
    if operation == "reshape":
        return np.ravel(a).reshape(argument)
    return {"exp": np.exp, "log": np.log, "tanh": np.tanh}[operation](a)


def forward_two(operation, a, b):
    if operation == "add":
        return a + b
    if operation == "sub":
        return a - b
    if operation == "mul":
        return a * b
    if operation == "div":
        return a / b
    if operation == "maximum":
        return np.where(a < b, b, a)
    return np.dot(a, b)


def push(node, number, values, gradients):
    """Add the node's gradient to the gradients of what it used."""
    operation, inputs = node[0], node[1]
    g, out = gradients[number], values[number]
    a, b = values[inputs[0]], values[inputs[-1]]
    if operation == "add":
        parts = [g, g]
    elif operation == "sub":
        parts = [g, -g]
    elif operation == "mul":
        parts = [g * b, g * a]
    elif operation == "div":
        parts = [g / b, -g * a / (b * b)]
    elif operation == "maximum":
        parts = [g * (a >= b), g * (a < b)]
    elif operation == "matmul":
        parts = [np.dot(g, b.T), np.dot(a.T, g)]
    else:
        parts = [one_input(operation, g, a, out, node[2] if len(node) > 2 else None)]
    for i, part in zip(inputs, parts, strict=True):
        gradients[i] = gradients[i] + sum_to(part, np.shape(values[i]))


def one_input(operation, g, a, out, argument):
    if operation == "pow":
        return g * 0 if argument == 0 else g * argument * np.power(a, argument - 1)
    if operation == "sum":
        if argument is None:
            return g * np.ones(a.shape)
        shape = list(a.shape)
        shape[argument] = 1
        return g.reshape(shape) * np.ones(a.shape)
    if operation == "reshape":
        return g.reshape(a.shape)
    if operation == "relu":
        return g * (a > 0)
    return g * {"exp": out, "log": 1 / a, "tanh": 1 - out**2}[operation]


def sum_to(part, shape):
    while np.ndim(part) > len(shape):
        part = part.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and part.shape[axis] > 1:
            part = part.sum(axis=axis, keepdims=True)
    return part
