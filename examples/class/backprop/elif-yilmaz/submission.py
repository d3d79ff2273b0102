"""Elif Yılmaz, homework 1. The work is in layers.py and graph.py."""
import numpy as np

from graph import Graph
from layers import affine, affine_grad, cross_entropy, relu, relu_grad
from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    return affine_grad(dout, x, w, b)


@hookimpl
def relu_backward(dout, x):
    return relu_grad(dout, x)


@hookimpl
def softmax_cross_entropy(logits, labels):
    return cross_entropy(logits, labels)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    cache = []
    for w, b in params:
        z = affine(x, w, b)
        cache.append((x, z))
        x = relu(z)
    loss, dz = cross_entropy(z, labels)

    grads = []
    for (w, b), (inp, z) in zip(params[::-1], cache[::-1]):
        if grads:
            dz = relu_grad(dz, z)
        dz, dw, db = affine_grad(dz, inp, w, b)
        loss = loss + weight_decay / 2 * np.sum(w**2)
        grads.append((dw + weight_decay * w, db))
    grads.reverse()
    return loss, grads


@hookimpl
def backpropagate(graph, leaves, upstream):
    g = Graph(graph, len(leaves))
    return g.reverse(g.evaluate(leaves), upstream)
