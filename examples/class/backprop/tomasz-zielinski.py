"""Backpropagation by hand.

Tomasz Zieliński -- sorry, ran out of time, only the first two are done
"""

import numpy as np
from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    """Backward pass of out = x.reshape(N, D) @ w + b."""
    N = x.shape[0]
    D = w.shape[0]
    x_flat = x.reshape(N, D)
    dx = (dout @ w.T).reshape(x.shape)
    dw = x_flat.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


@hookimpl
def relu_backward(dout, x):
    """Backward pass of out = max(x, 0)."""
    return dout * (x > 0)


@hookimpl
def softmax_cross_entropy(logits, labels):
    # TODO the loss is easy, the gradient is on page 4 of my notes
    raise NotImplementedError


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    raise NotImplementedError


@hookimpl
def backpropagate(graph, leaves, upstream):
    raise NotImplementedError
