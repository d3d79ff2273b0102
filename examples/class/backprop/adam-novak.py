"""Adam Novak. The inner loops are done through raw pointers, as in C."""
import ctypes

import numpy as np
from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    X = np.ascontiguousarray(x).reshape(x.shape[0], -1)
    return np.ascontiguousarray(dout @ w.T).reshape(x.shape), X.T @ dout, dout.sum(axis=0)


def doubles(length, address):
    """The doubles at an address."""
    return ctypes.cast(address, ctypes.POINTER(ctypes.c_double * length)).contents


@hookimpl
def relu_backward(dout, x):
    dx = np.array(dout, dtype=np.float64, order="C")
    xc = np.array(x, dtype=np.float64, order="C")
    src = doubles(xc.size, xc.ctypes.data)
    dst = doubles(address=dx.size, length=dx.size)
    for i in range(dx.size):
        if not src[i] > 0.0:
            dst[i] = 0.0
    return dx


@hookimpl
def softmax_cross_entropy(logits, labels):
    n = logits.shape[0]
    z = logits - logits.max(axis=1, keepdims=True)
    lse = np.log(np.exp(z).sum(axis=1, keepdims=True))
    g = np.exp(z - lse)
    loss = 0.0
    for i in range(n):
        loss += (lse[i, 0] - z[i, labels[i]]) / n
        g[i, labels[i]] -= 1.0
    return loss, g / n


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    h = [x]
    for w, b in params[:-1]:
        h.append(np.fmax(h[-1] @ w + b, 0.0))
    loss, d = softmax_cross_entropy(h[-1] @ params[-1][0] + params[-1][1], labels)
    out = []
    for i in range(len(params) - 1, -1, -1):
        w = params[i][0]
        loss += 0.5 * weight_decay * (w * w).sum()
        out.append((h[i].T @ d + weight_decay * w, d.sum(axis=0)))
        d = (d @ w.T) * (h[i] > 0.0)
    return loss, out[::-1]


@hookimpl
def backpropagate(graph, leaves, upstream):
    raise NotImplementedError
