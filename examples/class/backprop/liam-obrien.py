#
#  Deep Learning, assignment 1
#  Liam O'Brien
#

import numpy as np
from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    """
    out = x w + b
      dL/dx = dL/dout w^T
      dL/dw = dL/dout^T x
      dL/db = sum over the batch of dL/dout
    """
    N = x.shape[0]
    x_rows = x.reshape(N, -1)
    dx = (dout @ w.T).reshape(x.shape)
    dw = dout.T @ x_rows
    db = np.sum(dout, axis=0)
    return dx, dw, db


@hookimpl
def relu_backward(dout, x):
    dx = dout.copy()
    dx[x <= 0] = 0.0
    return dx


@hookimpl
def softmax_cross_entropy(logits, labels):
    N = logits.shape[0]
    logits = logits - np.max(logits, axis=1).reshape(N, 1)
    exp_scores = np.exp(logits)
    sums = np.sum(exp_scores, axis=1)
    correct = logits[np.arange(N), labels]
    loss = np.sum(np.log(sums) - correct) / N
    dscores = exp_scores / sums.reshape(N, 1)
    dscores[np.arange(N), labels] -= 1
    dscores /= N
    return loss, dscores


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    # forward pass
    hidden = [x]
    for w, b in params[:-1]:
        hidden.append(np.maximum(0, hidden[-1].dot(w) + b))
    w, b = params[-1]
    scores = hidden[-1].dot(w) + b
    loss, dscores = softmax_cross_entropy(scores, labels)
    for w, b in params:
        loss += 0.5 * weight_decay * np.sum(w * w)

    # backward pass
    grads = []
    d = dscores
    for i in range(len(params) - 1, -1, -1):
        w, b = params[i]
        dw = hidden[i].T.dot(d) + weight_decay * w
        db = d.sum(axis=0)
        grads.append((dw, db))
        if i > 0:
            d = d.dot(w.T)
            d[hidden[i] <= 0] = 0
    return loss, grads[::-1]


def unbroadcast(g, shape):
    g = np.asarray(g)
    if g.shape == shape:
        return g
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    for ax in range(len(shape)):
        if shape[ax] == 1 and g.shape[ax] > 1:
            g = g.sum(axis=ax, keepdims=True)
    return g


@hookimpl
def backpropagate(graph, leaves, upstream):
    n = len(leaves)
    total = n + len(graph)
    OPS = ["add", "sub", "mul", "div", "maximum", "pow", "matmul",
           "exp", "log", "tanh", "relu", "sum", "reshape"]
    for node in graph:
        if node[0] not in OPS:
            raise ValueError("unknown operation '%s'" % node[0])
        for i in node[1]:
            if i >= total or i < 0:
                raise ValueError("value %d does not exist" % i)

    # forward: sweep over the list until everything is computed
    # (worst case quadratic, so first build who-waits-for-whom)
    val = {}
    for i in range(n):
        val[i] = np.asarray(leaves[i])
    waiting = {}
    missing = {}
    ready = []
    for k in range(len(graph)):
        inner = [i for i in graph[k][1] if i >= n]
        missing[k] = len(inner)
        for i in inner:
            waiting.setdefault(i, []).append(k)
        if missing[k] == 0:
            ready.append(k)
    order = []
    while ready:
        k = ready.pop(0)
        order.append(k)
        node = graph[k]
        op = node[0]
        a = val[node[1][0]]
        if op == "add":
            y = a + val[node[1][1]]
        if op == "sub":
            y = a - val[node[1][1]]
        if op == "mul":
            y = a * val[node[1][1]]
        if op == "div":
            y = a / val[node[1][1]]
        if op == "maximum":
            y = np.maximum(a, val[node[1][1]])
        if op == "matmul":
            y = a.dot(val[node[1][1]])
        if op == "pow":
            y = a ** node[2]
        if op == "exp":
            y = np.exp(a)
        if op == "log":
            y = np.log(a)
        if op == "tanh":
            y = np.tanh(a)
        if op == "relu":
            y = a * (a > 0)
        if op == "sum":
            y = a.sum(axis=node[2])
        if op == "reshape":
            y = a.reshape(node[2])
        val[n + k] = np.asarray(y)
        for later in waiting.get(n + k, []):
            missing[later] -= 1
            if missing[later] == 0:
                ready.append(later)
    if len(order) != len(graph):
        raise ValueError("graph has a cycle")

    # backward
    grad = {total - 1: np.array(upstream)}

    def add_to(i, g):
        g = unbroadcast(g, val[i].shape)
        if i in grad:
            grad[i] = grad[i] + g
        else:
            grad[i] = g

    for k in order[::-1]:
        if n + k not in grad:
            continue
        g = grad[n + k]
        y = val[n + k]
        node = graph[k]
        op = node[0]
        i = node[1][0]
        a = val[i]
        if len(node[1]) == 2:
            j = node[1][1]
            b = val[j]
        if op == "add":
            add_to(i, g)
            add_to(j, g)
        if op == "sub":
            add_to(i, g)
            add_to(j, -g)
        if op == "mul":
            add_to(i, g * b)
            add_to(j, g * a)
        if op == "div":
            add_to(i, g / b)
            add_to(j, -g * a / b ** 2)
        if op == "maximum":
            add_to(i, g * (a >= b))
            add_to(j, g * (a < b))
        if op == "matmul":
            add_to(i, g.dot(b.T))
            add_to(j, a.T.dot(g))
        if op == "pow":
            p = node[2]
            if p == 0:
                add_to(i, np.zeros(a.shape))
            else:
                add_to(i, g * p * a ** (p - 1))
        if op == "exp":
            add_to(i, g * y)
        if op == "log":
            add_to(i, g / a)
        if op == "tanh":
            add_to(i, g * (1 - y ** 2))
        if op == "relu":
            add_to(i, g * (a > 0))
        if op == "sum":
            if node[2] is None:
                add_to(i, np.ones(a.shape) * g)
            else:
                add_to(i, np.ones(a.shape) * np.expand_dims(g, node[2]))
        if op == "reshape":
            add_to(i, g.reshape(a.shape))
    out = []
    for i in range(n):
        out.append(grad[i] if i in grad else np.zeros(val[i].shape))
    return out
