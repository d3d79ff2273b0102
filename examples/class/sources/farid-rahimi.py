# %% [markdown]
# # Assignment 1: backpropagation by hand
# **Farid Rahimi** (farid.rahimi@students.example)
#
# Notes: $\partial L/\partial W = X^\top\, \partial L/\partial Y$, see lecture 3.
# %%
%matplotlib inline
%load_ext autoreload
%autoreload 2
!python --version
# %%
import time
import numpy as np
from torchgrade import hookimpl

np.random.seed(0)
EPS = 1e-6
print("numpy", np.__version__)
# %% [markdown]
# ## Part 1: layers
# %%
@hookimpl
def affine_backward(dout, x, w, b):
    N = x.shape[0]
    X = x.reshape(N, -1)
    dX = np.dot(dout, w.T)
    return dX.reshape(x.shape), np.dot(X.T, dout), dout.sum(0)

x = np.random.randn(4, 2, 3)
w = np.random.randn(6, 5)
b = np.random.randn(5)
dout = np.random.randn(4, 5)
dx, dw, db = affine_backward(dout, x, w, b)
dx.shape, dw.shape, db.shape
# %%
def num_grad(f, x):
    """Numerical gradient from the exercise sheet."""
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + EPS
        up = f()
        x[i] = old - EPS
        down = f()
        x[i] = old
        g[i] = (up - down) / (2 * EPS)
    return g

# should be tiny
loss = lambda: ((x.reshape(4, -1) @ w + b) * dout).sum()
for name, got, arg in [("x", dx, x), ("w", dw, w), ("b", db, b)]:
    print(name, abs(num_grad(loss, arg) - got).max())
# %%
@hookimpl
def relu_backward(dout, x):
    return dout * (x > 0).astype(float)

relu_backward(np.ones(5), np.array([-1.0, -0.0, 0.0, 0.5, 2.0]))
# %% [markdown]
# ## Part 2: softmax + cross-entropy
# First try gave `nan` for big logits, so I subtract the max of each row.
# %%
def log_softmax(z):
    m = np.max(z, axis=1, keepdims=True)
    return (z - m) - np.log(np.sum(np.exp(z - m), axis=1, keepdims=True))

@hookimpl
def softmax_cross_entropy(logits, labels):
    N = logits.shape[0]
    logp = log_softmax(logits)
    loss = -np.mean(logp[np.arange(N), labels])
    d = np.exp(logp)
    d[np.arange(N), labels] -= 1
    return loss, d / N

softmax_cross_entropy(np.array([[1e4, -1e4, 0.0]]), np.array([1]))
# %% [markdown]
# ## Part 3: MLP
# %%
@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    hs = [x]; zs = []
    for i, (w, b) in enumerate(params):
        zs.append(hs[-1] @ w + b)
        hs.append(np.maximum(zs[-1], 0))
    loss, d = softmax_cross_entropy(zs[-1], labels)
    grads = [None] * len(params)
    for i in reversed(range(len(params))):
        w, b = params[i]
        loss += 0.5 * weight_decay * np.sum(w * w)
        d_in, dw, db = affine_backward(d, hs[i], w, b)
        grads[i] = (dw + weight_decay * w, db)
        if i > 0:
            d = relu_backward(d_in, zs[i - 1])
    return loss, grads
# %%
%%time
sizes = [8, 16, 16, 3]
params = [(np.random.randn(i, o) * np.sqrt(2 / i), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
data = np.random.randn(64, 8)
targets = (data[:, 0] > 0).astype(int) + (data[:, 1] > 0).astype(int)
history = []
for step in range(100):
    l, g = mlp_loss_and_gradients(params, data, targets, 1e-4)
    params = [(w - 0.5 * dw, b - 0.5 * db) for (w, b), (dw, db) in zip(params, g)]
    history.append(l)
print("loss", history[0], "->", history[-1])
# %%
import matplotlib.pyplot as plt
plt.plot(history)
plt.xlabel("step"); plt.ylabel("loss")
plt.show()
# %% [markdown]
# ## Part 4: computation graph
# %%
OPS = ("add", "sub", "mul", "div", "maximum", "pow", "matmul", "exp", "log", "tanh", "relu", "sum", "reshape")

def undo_broadcast(g, shape):
    while np.ndim(g) > len(shape):
        g = np.sum(g, axis=0)
    for ax, n in enumerate(shape):
        if n == 1:
            g = np.sum(g, axis=ax, keepdims=True)
    return g

def forward(op, xs, arg):
    if op == "add": return xs[0] + xs[1]
    if op == "sub": return xs[0] - xs[1]
    if op == "mul": return xs[0] * xs[1]
    if op == "div": return xs[0] / xs[1]
    if op == "maximum": return np.maximum(xs[0], xs[1])
    if op == "pow": return xs[0] ** arg
    if op == "matmul": return xs[0] @ xs[1]
    if op == "exp": return np.exp(xs[0])
    if op == "log": return np.log(xs[0])
    if op == "tanh": return np.tanh(xs[0])
    if op == "relu": return np.maximum(xs[0], 0)
    if op == "sum": return np.sum(xs[0], axis=arg)
    if op == "reshape": return np.reshape(xs[0], arg)

def backward(op, g, xs, y, arg):
    x = xs[0]
    if op == "add": return g, g
    if op == "sub": return g, -g
    if op == "mul": return g * xs[1], g * x
    if op == "div": return g / xs[1], -g * x / xs[1] ** 2
    if op == "maximum": return g * (x >= xs[1]), g * (x < xs[1])
    if op == "pow": return (g * arg * x ** (arg - 1) if arg != 0 else np.zeros(np.shape(x)),)
    if op == "matmul": return g @ xs[1].T, x.T @ g
    if op == "exp": return (g * y,)
    if op == "log": return (g / x,)
    if op == "tanh": return (g * (1 - y ** 2),)
    if op == "relu": return (g * (x > 0),)
    if op == "sum": return ((np.expand_dims(g, arg) if arg is not None else g) + np.zeros(np.shape(x)),)
    if op == "reshape": return (np.reshape(g, np.shape(x)),)
# %%
@hookimpl
def backpropagate(graph, leaves, upstream):
    L = len(leaves)
    n = L + len(graph)
    for node in graph:
        if node[0] not in OPS:
            raise ValueError("unknown operation: %s" % node[0])
        for i in node[1]:
            if not (0 <= i < n):
                raise ValueError("no value number %d" % i)
    # topological sort with an explicit stack (recursion fails at ~1000)
    state = {i: "done" for i in range(L)}
    order = []
    for start in range(L, n):
        stack = [start]
        while stack:
            i = stack[-1]
            if state.get(i) == "done":
                stack.pop()
            elif state.get(i) == "open":
                state[i] = "done"
                order.append(i)
                stack.pop()
            else:
                state[i] = "open"
                for j in graph[i - L][1]:
                    if state.get(j) == "open":
                        raise ValueError("cycle!")
                    if state.get(j) != "done":
                        stack.append(j)
    val = {i: leaves[i] for i in range(L)}
    arg = lambda i: graph[i - L][2] if len(graph[i - L]) > 2 else None
    for i in order:
        op, ins = graph[i - L][0], graph[i - L][1]
        val[i] = forward(op, [val[j] for j in ins], arg(i))
    grad = {i: np.zeros(np.shape(v)) for i, v in val.items()}
    grad[n - 1] = upstream
    for i in order[::-1]:
        op, ins = graph[i - L][0], graph[i - L][1]
        parts = backward(op, grad[i], [val[j] for j in ins], val[i], arg(i))
        for j, p in zip(ins, parts):
            grad[j] = grad[j] + undo_broadcast(p, np.shape(val[j]))
    return [grad[i] for i in range(L)]
# %%
# tests: x*x + x  -> 2x + 1
t0 = time.time()
print(backpropagate([("mul", (0, 0)), ("add", (1, 0))], [np.array([1.0, 2.0])], np.ones(2)))
chain = [("tanh", (i,)) for i in range(5000)]
backpropagate(chain, [np.array(0.5)], np.array(1.0))
print("chain took", time.time() - t0)
assert False not in [True]
# %% [markdown]
# Done!! Took me about 9 hours :-)
