"""Kofi Mensah"""
import numpy as np


def affine_backward(dout, x, w, b):
    matrix = x.reshape(x.shape[0], -1)
    dx = (dout @ w.T).reshape(x.shape)
    dw = matrix.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def relu_backward(dout, x):
    return np.where(x > 0, dout, 0.0)


def softmax_cross_entropy(logits, labels):
    n = logits.shape[0]
    z = logits - logits.max(axis=1, keepdims=True)
    lse = np.log(np.exp(z).sum(axis=1))
    loss = float(np.mean(lse - z[np.arange(n), labels]))
    probs = np.exp(z - lse[:, None])
    probs[np.arange(n), labels] -= 1
    return loss, probs / n


def mlp_loss_and_gradients(params, x, labels, weight_decay):
    hs = [x]
    for w, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ w + b, 0.0))
    loss, d = softmax_cross_entropy(hs[-1] @ params[-1][0] + params[-1][1], labels)
    grads = []
    for (w, b), h in zip(reversed(params), reversed(hs)):
        loss += 0.5 * weight_decay * float(np.sum(w * w))
        grads.append((h.T @ d + weight_decay * w, d.sum(axis=0)))
        d = (d @ w.T) * (h > 0)
    return loss, grads[::-1]


def backpropagate(graph, leaves, upstream):
    raise NotImplementedError("did not understand the question")
