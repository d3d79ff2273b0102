"""Goran Ilić"""
import numpy as np
from torchgrade import hookimpl


@hookimpl
def affine_backward(dout, x, w, b):
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


@hookimpl
def relu_backward(dout, x):
    return np.where(x > 0, dout, 0.0)
