# %% [markdown]
# # HW 1
# Nadia Petrova
# %%
import numpy as np
from torchgrade import hookimpl
%config InlineBackend.figure_format = "retina"
# %%
N_CHECKS = 3
# %%
@hookimpl
def affine_backward(dout, x, w, b):
    xr = np.reshape(x, (x.shape[0], -1))
    dxr = dout @ np.transpose(w)
    return np.reshape(dxr, x.shape), np.transpose(xr) @ dout, np.sum(dout, axis=0)

@hookimpl
def relu_backward(dout, x):
    return np.where(x <= 0, 0.0, dout)
# %%
def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)

print(softmax(np.array([[1.0, 2.0, 3.0]])))
# %%
@hookimpl
def softmax_cross_entropy(logits, labels):
    n = logits.shape[0]
    p = softmax(logits)
    loss = -np.log(p[np.arange(n), labels]).sum() / n
    grad = p.copy()
    grad[np.arange(n), labels] -= 1
    return loss, grad / n
# %%
for _ in range(N_CHECKS):
    z = np.random.randn(5, 4)
    y = np.random.randint(0, 4, 5)
    loss, grad = softmax_cross_entropy(z, y)
    print(loss, abs(grad.sum()))
# %% [markdown]
# ### The network
# %%
@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    outs = [x]
    for i, (w, b) in enumerate(params):
        z = outs[-1] @ w + b
        if i < len(params) - 1:
            z = np.maximum(z, 0)
        outs.append(z)
    loss, d = softmax_cross_entropy(outs[-1], labels)
    loss += weight_decay / 2 * sum(np.sum(w ** 2) for w, b in params)
    grads = []
    for i in range(len(params) - 1, -1, -1):
        w, b = params[i]
        d, dw, db = affine_backward(d, outs[i], w, b)
        d = relu_backward(d, outs[i])
        grads = [(dw + weight_decay * w, db)] + grads
    return loss, grads
# %% [markdown]
# ### The graph
# %%
def unbroadcast(g, shape):
    g = np.asarray(g)
    while g.ndim > len(shape):
        g = g.sum(0)
    for k in range(g.ndim):
        if shape[k] == 1:
            g = g.sum(k, keepdims=True)
    return g

FUNCS = {
    "add": (lambda x, y: x + y, lambda x, y, o, g: [g, g]),
    "sub": (lambda x, y: x - y, lambda x, y, o, g: [g, -g]),
    "mul": (lambda x, y: x * y, lambda x, y, o, g: [g * y, g * x]),
    "div": (lambda x, y: x / y, lambda x, y, o, g: [g / y, -g * x / y ** 2]),
    "maximum": (lambda x, y: np.maximum(x, y), lambda x, y, o, g: [g * (x >= y), g * (x < y)]),
    "matmul": (lambda x, y: x @ y, lambda x, y, o, g: [g @ y.T, x.T @ g]),
    "exp": (lambda x: np.exp(x), lambda x, o, g: [g * o]),
    "log": (lambda x: np.log(x), lambda x, o, g: [g / x]),
    "tanh": (lambda x: np.tanh(x), lambda x, o, g: [g * (1 - o ** 2)]),
    "relu": (lambda x: np.maximum(x, 0), lambda x, o, g: [g * (x > 0)]),
}

def call(op, arg, xs):
    if op == "pow":
        return xs[0] ** arg
    if op == "sum":
        return np.sum(xs[0], axis=arg)
    if op == "reshape":
        return np.reshape(xs[0], arg)
    return FUNCS[op][0](*xs)

def grads_of(op, arg, xs, o, g):
    x = xs[0]
    if op == "pow":
        return [np.zeros(x.shape)] if arg == 0 else [g * arg * x ** (arg - 1)]
    if op == "sum":
        g = g if arg is None else np.expand_dims(g, arg)
        return [g * np.ones(x.shape)]
    if op == "reshape":
        return [np.reshape(g, x.shape)]
    return FUNCS[op][1](*xs, o, g)

@hookimpl
def backpropagate(graph, leaves, upstream):
    n = len(leaves)
    total = n + len(graph)
    users = [[] for _ in range(total)]
    need = [0] * total
    for k, node in enumerate(graph):
        if node[0] not in FUNCS and node[0] not in ("pow", "sum", "reshape"):
            raise ValueError("unknown op")
        for i in node[1]:
            if i < 0 or i >= total:
                raise ValueError("unknown value")
            users[i].append(n + k)
            need[n + k] += 1
    order = [i for i in range(total) if need[i] == 0]
    pos = 0
    while pos < len(order):
        for u in users[order[pos]]:
            need[u] -= 1
            if need[u] == 0:
                order.append(u)
        pos += 1
    if len(order) < total:
        raise ValueError("cycle")
    vals = [None] * total
    for i in order:
        if i < n:
            vals[i] = np.asarray(leaves[i], dtype=float)
        else:
            node = graph[i - n]
            vals[i] = np.asarray(call(node[0], node[-1], [vals[j] for j in node[1]]))
    grads = [0.0] * total
    grads[-1] = upstream
    for i in reversed(order):
        if i >= n:
            node = graph[i - n]
            g = grads[i] + np.zeros(vals[i].shape)
            for j, gj in zip(node[1], grads_of(node[0], node[-1], [vals[j] for j in node[1]], vals[i], g)):
                grads[j] = grads[j] + unbroadcast(gj, vals[j].shape)
    return [grads[i] + np.zeros(vals[i].shape) for i in range(n)]
