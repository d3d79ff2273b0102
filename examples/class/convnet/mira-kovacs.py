"""Layers only; the network comes next week."""

import numpy as np

from torchgrade import hookimpl, report


def out_size(x, kernel, stride, padding):
    oh = (x.shape[2] + 2 * padding[0] - kernel[0]) // stride[0] + 1
    ow = (x.shape[3] + 2 * padding[1] - kernel[1]) // stride[1] + 1
    return oh, ow


def with_border(x, padding, value=0.0):
    return np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2), constant_values=value)


def places(u, v, oh, ow, stride):
    """The rows and columns of the padded image that entry (u, v) of the kernel sees."""
    return slice(u, u + oh * stride[0], stride[0]), slice(v, v + ow * stride[1], stride[1])


def im2col(xp, kernel, oh, ow, stride):
    """(C * KH * KW, N * OH * OW)"""
    n, c = xp.shape[:2]
    cols = np.empty((c, kernel[0], kernel[1], n, oh, ow))
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            rows, columns = places(u, v, oh, ow, stride)
            cols[:, u, v] = xp[:, :, rows, columns].transpose(1, 0, 2, 3)
    return cols.reshape(c * kernel[0] * kernel[1], -1)


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    kernel = weight.shape[2:]
    oh, ow = out_size(x, kernel, stride, padding)
    cols = im2col(with_border(x, padding), kernel, oh, ow, stride)
    out = weight.reshape(len(weight), -1) @ cols + bias[:, None]
    return out.reshape(len(weight), len(x), oh, ow).transpose(1, 0, 2, 3)


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    kernel = weight.shape[2:]
    oh, ow = dout.shape[2:]
    xp = with_border(x, padding)
    cols = im2col(xp, kernel, oh, ow, stride)
    flat = dout.transpose(1, 0, 2, 3).reshape(len(weight), -1)
    dweight = (flat @ cols.T).reshape(weight.shape)
    dcols = weight.reshape(len(weight), -1).T @ flat
    dcols = dcols.reshape(x.shape[1], kernel[0], kernel[1], len(x), oh, ow)
    dxp = np.zeros(xp.shape)
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            rows, columns = places(u, v, oh, ow, stride)
            dxp[:, :, rows, columns] += dcols[:, u, v].transpose(1, 0, 2, 3)
    p, q = padding
    dx = dxp[:, :, p : p + x.shape[2], q : q + x.shape[3]]
    return dx, dweight, flat.sum(axis=1)


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    oh, ow = out_size(x, kernel, stride, padding)
    xp = with_border(x, padding, -np.inf)
    out = np.full((*x.shape[:2], oh, ow), -np.inf)
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            rows, columns = places(u, v, oh, ow, stride)
            out = np.maximum(out, xp[:, :, rows, columns])
    return out


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    oh, ow = dout.shape[2:]
    xp = with_border(x, padding, -np.inf)
    out = max_pool2d(x, kernel, stride, padding)
    dxp = np.zeros(xp.shape)
    free = np.ones(dout.shape, dtype=bool)
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            rows, columns = places(u, v, oh, ow, stride)
            wins = free & (xp[:, :, rows, columns] == out)
            dxp[:, :, rows, columns] = np.where(wins, dout, dxp[:, :, rows, columns])
            free &= ~wins
    p, q = padding
    return dxp[:, :, p : p + x.shape[2], q : q + x.shape[3]]


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    if training:
        m = x.size // x.shape[1]
        mean = x.mean(axis=(0, 2, 3))
        var = x.var(axis=(0, 2, 3))
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * m / (m - 1)
    else:
        mean, var = running_mean, running_var
    xhat = (x - mean[:, None, None]) / np.sqrt(var + eps)[:, None, None]
    return gamma[:, None, None] * xhat + beta[:, None, None], running_mean, running_var


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    axes = (0, 2, 3)
    m = x.size // x.shape[1]
    root = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    xhat = (x - x.mean(axis=axes, keepdims=True)) / root
    dgamma, dbeta = (dout * xhat).sum(axis=axes), dout.sum(axis=axes)
    inner = m * dout - dbeta[:, None, None] - xhat * dgamma[:, None, None]
    return gamma[:, None, None] / (m * root) * inner, dgamma, dbeta
