"""Viktor Hansen"""
import numpy as np
from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    N = x.shape[0]
    flat = x.reshape(N, -1)
    dx = (dout @ w.T).reshape(x.shape
    dw = flat.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


@hookimpl
def relu_backward(dout, x):
    return dout * (x > 0)


@hookimpl
def softmax_cross_entropy(logits, labels):
    n = logits.shape[0]
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(n), labels]).mean()
    p[np.arange(n), labels] -= 1
    return loss, p / n


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    hs = [x]
    for w, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ w + b, 0))
    w, b = params[-1]
    loss, d = softmax_cross_entropy(hs[-1] @ w + b, labels)
    loss += 0.5 * weight_decay * sum(np.sum(w**2) for w, b in params)
    grads = []
    for (w, b), h in zip(params[::-1], hs[::-1]):
        grads.append((h.T @ d + weight_decay * w, d.sum(axis=0)))
        d = (d @ w.T) * (h > 0)
    return loss, grads[::-1]


@hookimpl
def backpropagate(graph, leaves, upstream):
    raise NotImplementedError("next week")
