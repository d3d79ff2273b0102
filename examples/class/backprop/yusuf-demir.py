"""Yusuf Demir - HW1 (debug prints still in, they helped me a lot)"""
import numpy as np
from torchgrade import hookimpl

LAYERS = {}


@hookimpl
def affine_backward(dout, x, w, b):
    n = len(x)
    m = x.reshape(n, -1)
    return np.dot(dout, w.T).reshape(x.shape), np.dot(m.T, dout), np.dot(np.ones(n), dout)


@hookimpl
def relu_backward(dout, x):
    return np.where(x > 0, dout, 0)


@hookimpl
def softmax_cross_entropy(logits, labels):
    n = len(labels)
    c = logits.max(axis=1, keepdims=True)
    logsum = c + np.log(np.sum(np.exp(logits - c), axis=1, keepdims=True))
    logp = logits - logsum
    d = np.exp(logp)
    d[np.arange(n), labels] -= 1
    return -np.sum(logp[np.arange(n), labels]) / n, d / n


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    z = {}
    a = {0: x}
    L = len(params)
    for l in range(L):
        w, b = params[l]
        z[l] = a[l] @ w + b
        a[l + 1] = np.where(z[l] > 0, z[l], 0)
    loss, dz = softmax_cross_entropy(z[L - 1], labels)
    loss += weight_decay * sum((w * w).sum() for w, b in params) / 2
    out = []
    for l in range(L - 1, -1, -1):
        da, dw, db = affine_backward(dz, a[l], *params[l])
        out.append((dw + weight_decay * params[l][0], db))
        if l > 0:
            dz = relu_backward(da, z[l - 1])
    return loss, out[::-1]


def f(op, a, b, arg):
    if op == "add": return a + b
    if op == "sub": return a - b
    if op == "mul": return a * b
    if op == "div": return a / b
    if op == "maximum": return np.maximum(a, b)
    if op == "matmul": return a @ b
    if op == "pow": return a ** arg
    if op == "exp": return np.exp(a)
    if op == "log": return np.log(a)
    if op == "tanh": return np.tanh(a)
    if op == "relu": return np.where(a > 0, a, 0)
    if op == "sum": return np.sum(a, axis=arg)
    if op == "reshape": return np.reshape(a, arg)


def df(op, g, y, a, b, arg):
    """gradients for a and b"""
    if op == "add": return g, g
    if op == "sub": return g, -g
    if op == "mul": return g * b, g * a
    if op == "div": return g / b, -g * y / b
    if op == "maximum": return np.where(a >= b, g, 0), np.where(a >= b, 0, g)
    if op == "matmul": return g @ b.T, a.T @ g
    if op == "pow": return (np.zeros(a.shape) if arg == 0 else g * arg * a ** (arg - 1)), None
    if op == "exp": return g * y, None
    if op == "log": return g / a, None
    if op == "tanh": return g * (1 - y * y), None
    if op == "relu": return np.where(a > 0, g, 0), None
    if op == "sum": return np.ones(a.shape) * (g if arg is None else np.expand_dims(g, arg)), None
    if op == "reshape": return np.reshape(g, a.shape), None


def fit(g, shape):
    while np.ndim(g) > len(shape):
        g = np.sum(g, axis=0)
    for i in range(len(shape)):
        if shape[i] == 1:
            g = np.sum(g, axis=i, keepdims=True)
    return g


@hookimpl
def backpropagate(graph, leaves, upstream):
    n = len(leaves)
    total = n + len(graph)
    for node in graph:
        if node[0] not in "add sub mul div maximum matmul pow exp log tanh relu sum reshape".split():
            raise ValueError("unknown operation")
        for i in node[1]:
            if not 0 <= i < total:
                raise ValueError("unknown value")
    val = [np.asarray(x) for x in leaves] + [None] * len(graph)
    order = []
    # nodes may be listed in any order: wait until the inputs are there
    queue = list(range(len(graph)))[::-1]
    blocked = []
    while queue or blocked:
        if not queue:
            print("still waiting for the inputs of nodes", blocked, "trying again ...")
            queue, blocked = blocked, []
        k = queue.pop()
        node = graph[k]
        if any(val[i] is None for i in node[1]):
            blocked.append(k)
            continue
        a = val[node[1][0]]
        b = val[node[1][1]] if len(node[1]) > 1 else None
        val[n + k] = np.asarray(f(node[0], a, b, node[-1]))
        order.append(k)
    if len(order) != len(graph):
        raise ValueError("cycle")
    grad = [np.zeros(v.shape) for v in val]
    grad[-1] = grad[-1] + upstream
    for k in reversed(order):
        node = graph[k]
        a = val[node[1][0]]
        b = val[node[1][1]] if len(node[1]) > 1 else None
        for i, d in zip(node[1], df(node[0], grad[n + k], val[n + k], a, b, node[-1])):
            grad[i] = grad[i] + fit(d, val[i].shape)
    return grad[:n]
