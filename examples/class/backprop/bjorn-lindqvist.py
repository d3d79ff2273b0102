"""Assignment 1, Björn Lindqvist. Everything vectorised."""

from collections import deque

import numpy as np

from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    x2d = x.reshape(len(x), -1)
    return (dout @ w.T).reshape(x.shape), x2d.T @ dout, dout.sum(axis=0)


@hookimpl
def relu_backward(dout, x):
    return np.where(x > 0, dout, 0.0)


@hookimpl
def softmax_cross_entropy(logits, labels):
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dlogits = np.exp(log_probs)
    dlogits[rows, labels] -= 1.0
    return -log_probs[rows, labels].mean(), dlogits / len(labels)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    activations = [x]
    for w, b in params[:-1]:
        activations.append(np.maximum(activations[-1] @ w + b, 0.0))
    w, b = params[-1]
    loss, delta = softmax_cross_entropy(activations[-1] @ w + b, labels)
    loss = loss + 0.5 * weight_decay * sum((w**2).sum() for w, _ in params)

    gradients = []
    for (w, _), a in zip(reversed(params), reversed(activations)):
        gradients.append((a.T @ delta + weight_decay * w, delta.sum(axis=0)))
        # a == relu(z), so a > 0 exactly where z > 0 (for the input layer the result is not used)
        delta = (delta @ w.T) * (a > 0)
    return loss, gradients[::-1]


def unbroadcast(g, shape):
    g = np.asarray(g)
    lead = g.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=axes).reshape(shape) if axes else g


def pow_vjp(g, out, a, p):
    return (np.zeros_like(a),) if p == 0 else (g * p * np.power(a, p - 1),)


def sum_vjp(g, out, a, axis):
    if axis is not None:
        g = np.expand_dims(g, axis)
    return (np.broadcast_to(g, a.shape),)


# operation -> (forward, vector-Jacobian product)
OPS = {
    "add": (lambda a, b: a + b, lambda g, out, a, b: (g, g)),
    "sub": (lambda a, b: a - b, lambda g, out, a, b: (g, -g)),
    "mul": (lambda a, b: a * b, lambda g, out, a, b: (g * b, g * a)),
    "div": (lambda a, b: a / b, lambda g, out, a, b: (g / b, -g * out / b)),
    "maximum": (np.maximum, lambda g, out, a, b: (g * (a >= b), g * (a < b))),
    "pow": (lambda a, p: np.power(a, p), pow_vjp),
    "matmul": (lambda a, b: a @ b, lambda g, out, a, b: (g @ b.T, a.T @ g)),
    "exp": (np.exp, lambda g, out, a: (g * out,)),
    "log": (np.log, lambda g, out, a: (g / a,)),
    "tanh": (np.tanh, lambda g, out, a: (g * (1 - out**2),)),
    "relu": (lambda a: np.maximum(a, 0), lambda g, out, a: (g * (a > 0),)),
    "sum": (lambda a, axis: a.sum(axis=axis), sum_vjp),
    "reshape": (lambda a, shape: a.reshape(shape), lambda g, out, a, shape: (g.reshape(a.shape),)),
}


def topological_order(graph, n_leaves):
    """Kahn's algorithm."""
    total = n_leaves + len(graph)
    waiting = np.zeros(len(graph), dtype=int)
    consumers = [[] for _ in range(total)]
    for k, (op, inputs, *_) in enumerate(graph):
        if op not in OPS:
            raise ValueError(f"unknown operation {op!r}")
        for i in inputs:
            if not 0 <= i < total:
                raise ValueError(f"node {k} uses value {i}, but there are only {total}")
            consumers[i].append(k)
        waiting[k] = len(inputs)
    order = []
    queue = deque(range(n_leaves))
    while queue:
        i = queue.popleft()
        for k in consumers[i]:
            waiting[k] -= 1
            if waiting[k] == 0:
                order.append(k)
                queue.append(n_leaves + k)
    if len(order) < len(graph):
        raise ValueError("cycle in the graph")
    return order


@hookimpl
def backpropagate(graph, leaves, upstream):
    L = len(leaves)
    order = topological_order(graph, L)
    values = dict(enumerate(leaves))
    for k in order:
        op, inputs, *extra = graph[k]
        values[L + k] = OPS[op][0](*(values[i] for i in inputs), *extra)

    grads = {L + len(graph) - 1: upstream}
    for k in reversed(order):
        g = grads.pop(L + k, None)
        if g is None:
            continue  # does not reach the output
        op, inputs, *extra = graph[k]
        for i, gi in zip(inputs, OPS[op][1](g, values[L + k], *(values[i] for i in inputs), *extra)):
            gi = unbroadcast(gi, np.shape(values[i]))
            grads[i] = grads[i] + gi if i in grads else gi
    return [np.array(grads[i], dtype=float) if i in grads else np.zeros(np.shape(leaf)) for i, leaf in enumerate(leaves)]
