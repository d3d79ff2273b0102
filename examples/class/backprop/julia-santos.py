"""Julia Santos, with a little self-test at the end."""
import sys

import numpy as np
from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    x2 = x.reshape(x.shape[0], -1)
    return (dout @ w.T).reshape(x.shape), x2.T @ dout, dout.sum(axis=0)


@hookimpl
def relu_backward(dout, x):
    return dout * (x > 0)


@hookimpl
def softmax_cross_entropy(logits, labels):
    n = len(labels)
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    d = np.exp(logp)
    d[np.arange(n), labels] -= 1
    return -logp[np.arange(n), labels].mean(), d / n


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    raise NotImplementedError


@hookimpl
def backpropagate(graph, leaves, upstream):
    raise NotImplementedError


def main():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    w = np.eye(2)
    dx, dw, db = affine_backward(np.ones((2, 2)), x, w, np.zeros(2))
    assert np.allclose(dx, 1.0)
    assert np.allclose(db, 2.0)
    assert np.allclose(relu_backward(np.ones((2, 2)), x), x > 0)
    print("all tests passed")
    return 0


sys.exit(main())
