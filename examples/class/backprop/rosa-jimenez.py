"""Rosa Jiménez

float32 for the network part, like on a GPU; the graph works with whatever it gets
"""
import numpy as np
from torchgrade import hookimpl

DTYPE = np.float32


@hookimpl
def affine_backward(dout, x, w, b):
    dout, x, w = (np.asarray(t, dtype=DTYPE) for t in (dout, x, w))
    n = x.shape[0]
    x2 = x.reshape(n, -1)
    dx = (dout @ w.T).reshape(x.shape)
    return dx, x2.T @ dout, dout.sum(axis=0)


@hookimpl
def relu_backward(dout, x):
    return np.where(x > 0, dout, 0).astype(DTYPE)


@hookimpl
def softmax_cross_entropy(logits, labels):
    logits = logits.astype(DTYPE)
    n = len(labels)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = -logp[np.arange(n), labels].mean()
    onehot = np.eye(logits.shape[1], dtype=DTYPE)[labels]
    return loss, (np.exp(logp) - onehot) / DTYPE(n)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    params = [(w.astype(DTYPE), b.astype(DTYPE)) for w, b in params]
    lam = DTYPE(weight_decay)
    xs = [x.astype(DTYPE)]
    for w, b in params[:-1]:
        xs.append(np.maximum(xs[-1] @ w + b, DTYPE(0)))
    w, b = params[-1]
    loss, d = softmax_cross_entropy(xs[-1] @ w + b, labels)
    loss += DTYPE(0.5) * lam * sum(np.sum(w * w) for w, b in params)
    grads = []
    for (w, b), h in zip(params[::-1], xs[::-1]):
        dh, dw, db = affine_backward(d, h, w, b)
        grads.append((dw + lam * w, db))
        d = relu_backward(dh, h)
    return loss, grads[::-1]


def vjp(op, g, out, ins, arg):
    if op == "add":
        return g, g
    if op == "sub":
        return g, -g
    if op == "mul":
        return g * ins[1], g * ins[0]
    if op == "div":
        return g / ins[1], -g * ins[0] / ins[1] ** 2
    if op == "maximum":
        return g * (ins[0] >= ins[1]), g * (ins[0] < ins[1])
    if op == "matmul":
        return g @ ins[1].T, ins[0].T @ g
    if op == "pow":
        return (np.zeros(ins[0].shape) if arg == 0 else g * arg * ins[0] ** (arg - 1),)
    if op == "exp":
        return (g * out,)
    if op == "log":
        return (g / ins[0],)
    if op == "tanh":
        return (g * (1 - out**2),)
    if op == "relu":
        return (g * (ins[0] > 0),)
    if op == "sum":
        return (np.broadcast_to(g if arg is None else np.expand_dims(g, arg), ins[0].shape),)
    if op == "reshape":
        return (g.reshape(ins[0].shape),)


def evaluate(op, ins, arg):
    two = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "maximum": np.maximum, "matmul": np.matmul}
    one = {"exp": np.exp, "log": np.log, "tanh": np.tanh}
    if op in two:
        return two[op](*ins)
    if op in one:
        return one[op](*ins)
    if op == "relu":
        return np.maximum(ins[0], 0.0)
    if op == "pow":
        return ins[0] ** arg
    if op == "sum":
        return ins[0].sum(axis=arg)
    if op == "reshape":
        return ins[0].reshape(arg)
    raise ValueError("unknown operation " + op)


def reduce_shape(g, shape):
    g = np.asarray(g)
    diff = g.ndim - len(shape)
    return g.sum(axis=tuple(range(diff)) + tuple(i + diff for i, s in enumerate(shape) if s == 1)).reshape(shape)


@hookimpl
def backpropagate(graph, leaves, upstream):
    n, total = len(leaves), len(leaves) + len(graph)
    known = "add sub mul div maximum matmul pow exp log tanh relu sum reshape"
    for node in graph:
        if node[0] not in known.split():
            raise ValueError("unknown operation " + node[0])
        if min(node[1]) < 0 or max(node[1]) >= total:
            raise ValueError("unknown value")
    values = {i: np.asarray(leaf) for i, leaf in enumerate(leaves)}
    order = []
    waiting = list(range(len(graph)))
    parents = {}
    for k in waiting:
        for i in graph[k][1]:
            parents.setdefault(i, set()).add(k)
    todo = [k for k in waiting if all(i < n for i in graph[k][1])]
    while todo:
        k = todo.pop()
        if n + k in values:
            continue
        node = graph[k]
        arg = node[2] if len(node) > 2 else None
        values[n + k] = np.asarray(evaluate(node[0], [values[i] for i in node[1]], arg))
        order.append(k)
        for u in parents.get(n + k, ()):
            if all(i in values for i in graph[u][1]):
                todo.append(u)
    if len(order) < len(graph):
        raise ValueError("cycle")
    grads = {i: np.zeros(v.shape) for i, v in values.items()}
    grads[total - 1] = grads[total - 1] + upstream
    for k in order[::-1]:
        node = graph[k]
        arg = node[2] if len(node) > 2 else None
        for i, g in zip(node[1], vjp(node[0], grads[n + k], values[n + k], [values[j] for j in node[1]], arg)):
            grads[i] = grads[i] + reduce_shape(g, values[i].shape)
    return [grads[i] for i in range(n)]
