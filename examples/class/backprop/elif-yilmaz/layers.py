"""The layers of the first part; submission.py imports them."""
import numpy as np


def flatten(x):
    return x.reshape(x.shape[0], int(np.prod(x.shape[1:])))


def affine(x, w, b):
    return flatten(x).dot(w) + b


def affine_grad(dout, x, w, b):
    dx = dout.dot(w.T).reshape(*x.shape)
    dw = flatten(x).T.dot(dout)
    db = np.ones(dout.shape[0]).dot(dout)
    return dx, dw, db


def relu(x):
    return x * (x > 0)


def relu_grad(dout, x):
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def log_softmax(z):
    z = z - z.max(axis=1).reshape(-1, 1)
    return z - np.log(np.exp(z).sum(axis=1)).reshape(-1, 1)


def cross_entropy(z, y):
    n = z.shape[0]
    logp = log_softmax(z)
    loss = -sum(logp[i, y[i]] for i in range(n)) / n
    grad = np.exp(logp)
    for i in range(n):
        grad[i, y[i]] -= 1
    grad /= n
    return loss, grad
