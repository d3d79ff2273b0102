"""Homework 1: backpropagation by hand.  Amira Haddad

I wrote everything with plain loops first so that I could compare it with my notes
from the lecture line by line. It is slow but I understand every line of it.
"""
import math

import numpy as np

from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    N = x.shape[0]
    D, M = w.shape
    flat = np.reshape(x, (N, D))
    dflat = np.zeros((N, D))
    dw = np.zeros((D, M))
    db = np.zeros(M)
    for n in range(N):
        for m in range(M):
            # out[n, m] = sum_d flat[n, d] * w[d, m] + b[m]
            for d in range(D):
                dflat[n, d] += dout[n, m] * w[d, m]
                dw[d, m] += dout[n, m] * flat[n, d]
            db[m] += dout[n, m]
    return np.reshape(dflat, x.shape), dw, db


@hookimpl
def relu_backward(dout, x):
    dx = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        if x[index] > 0:
            dx[index] = dout[index]
    return dx


@hookimpl
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    loss = 0.0
    dlogits = np.zeros((N, C))
    for n in range(N):
        biggest = max(logits[n, c] for c in range(C))
        total = 0.0
        for c in range(C):
            total += math.exp(logits[n, c] - biggest)
        log_total = math.log(total)
        for c in range(C):
            p = math.exp(logits[n, c] - biggest - log_total)
            dlogits[n, c] = p / N
        y = labels[n]
        dlogits[n, y] -= 1.0 / N
        loss += -(logits[n, y] - biggest - log_total)
    return loss / N, dlogits


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    # forward, remember the input of every affine layer and of every relu
    layer_inputs = []
    relu_inputs = []
    h = x
    for l in range(len(params)):
        w, b = params[l]
        layer_inputs.append(h)
        z = np.zeros((h.shape[0], w.shape[1]))
        for n in range(h.shape[0]):
            for m in range(w.shape[1]):
                z[n, m] = b[m]
                for d in range(w.shape[0]):
                    z[n, m] += h[n, d] * w[d, m]
        if l < len(params) - 1:
            relu_inputs.append(z)
            h = np.zeros(z.shape)
            for index in np.ndindex(*z.shape):
                h[index] = z[index] if z[index] > 0 else 0.0
        else:
            h = z

    loss, dh = softmax_cross_entropy(h, labels)
    for w, b in params:
        for index in np.ndindex(*w.shape):
            loss += 0.5 * weight_decay * w[index] ** 2

    # backward
    gradients = [None] * len(params)
    for l in range(len(params) - 1, -1, -1):
        w, b = params[l]
        if l < len(params) - 1:
            dh = relu_backward(dh, relu_inputs[l])
        dh, dw, db = affine_backward(dh, layer_inputs[l], w, b)
        for index in np.ndindex(*w.shape):
            dw[index] += weight_decay * w[index]
        gradients[l] = (dw, db)
    return loss, gradients


KNOWN = ["add", "sub", "mul", "div", "maximum", "pow", "matmul", "exp", "log", "tanh", "relu", "sum", "reshape"]


def find_order(graph, n_leaves):
    """Which node can be computed when. Counts for each node how many inputs are still missing."""
    missing = []
    readers = {}
    for k in range(len(graph)):
        count = 0
        for i in graph[k][1]:
            if i >= n_leaves:
                count += 1
                if i not in readers:
                    readers[i] = []
                readers[i].append(k)
        missing.append(count)
    ready = []
    for k in range(len(graph)):
        if missing[k] == 0:
            ready.append(k)
    order = []
    while len(ready) > 0:
        k = ready.pop()
        order.append(k)
        for r in readers.get(n_leaves + k, []):
            missing[r] -= 1
            if missing[r] == 0:
                ready.append(r)
    if len(order) != len(graph):
        raise ValueError("the graph has a cycle")
    return order


def shrink(grad, shape):
    """Undo numpy's broadcasting: add up what was copied."""
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis in range(len(shape)):
        if shape[axis] == 1 and grad.shape[axis] != 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


@hookimpl
def backpropagate(graph, leaves, upstream):
    n_leaves = len(leaves)
    n_values = n_leaves + len(graph)
    for node in graph:
        if node[0] not in KNOWN:
            raise ValueError("unknown operation " + str(node[0]))
        for i in node[1]:
            if i < 0 or i >= n_values:
                raise ValueError("there is no value " + str(i))
    order = find_order(graph, n_leaves)

    values = [None] * n_values
    for i in range(n_leaves):
        values[i] = np.array(leaves[i], dtype=np.float64)
    for k in order:
        op = graph[k][0]
        a = values[graph[k][1][0]]
        if len(graph[k][1]) > 1:
            b = values[graph[k][1][1]]
        if op == "add":
            v = a + b
        elif op == "sub":
            v = a - b
        elif op == "mul":
            v = a * b
        elif op == "div":
            v = a / b
        elif op == "maximum":
            v = np.maximum(a, b)
        elif op == "pow":
            v = a ** graph[k][2]
        elif op == "matmul":
            v = a @ b
        elif op == "exp":
            v = np.exp(a)
        elif op == "log":
            v = np.log(a)
        elif op == "tanh":
            v = np.tanh(a)
        elif op == "relu":
            v = np.maximum(a, 0.0)
        elif op == "sum":
            v = np.sum(a, axis=graph[k][2])
        elif op == "reshape":
            v = np.reshape(a, graph[k][2])
        values[n_leaves + k] = np.asarray(v)

    grads = [np.zeros(v.shape) for v in values]
    grads[n_values - 1] = grads[n_values - 1] + upstream
    for k in reversed(order):
        op = graph[k][0]
        inputs = graph[k][1]
        g = grads[n_leaves + k]
        a = values[inputs[0]]
        if len(inputs) > 1:
            b = values[inputs[1]]
        if op == "add":
            parts = [g, g]
        elif op == "sub":
            parts = [g, -g]
        elif op == "mul":
            parts = [g * b, g * a]
        elif op == "div":
            parts = [g / b, -g * a / (b * b)]
        elif op == "maximum":
            first = a >= b
            parts = [np.where(first, g, 0.0), np.where(first, 0.0, g)]
        elif op == "pow":
            p = graph[k][2]
            if p == 0:
                parts = [np.zeros(a.shape)]
            else:
                parts = [g * p * a ** (p - 1)]
        elif op == "matmul":
            parts = [g @ b.T, a.T @ g]
        elif op == "exp":
            parts = [g * values[n_leaves + k]]
        elif op == "log":
            parts = [g / a]
        elif op == "tanh":
            parts = [g * (1 - values[n_leaves + k] ** 2)]
        elif op == "relu":
            parts = [np.where(a > 0, g, 0.0)]
        elif op == "sum":
            axis = graph[k][2]
            if axis is not None:
                g = np.expand_dims(g, axis)
            parts = [g * np.ones(a.shape)]
        elif op == "reshape":
            parts = [np.reshape(g, a.shape)]
        for i, part in zip(inputs, parts):
            grads[i] = grads[i] + shrink(np.asarray(part), values[i].shape)
    return grads[:n_leaves]
