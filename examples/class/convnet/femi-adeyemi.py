"""Homework 2, Femi Adeyemi."""

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
    dx = dxp[:, :, p:-p, q:-q]
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
            dxp[:, :, rows, columns] += wins * dout
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


class ConvNet:
    """conv 3x3 (10) - bn - relu - pool - conv 3x3 (20) - relu - affine"""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.params = {
            "w1": rng.normal(0, np.sqrt(2 / 9), (10, 1, 3, 3)),
            "b1": np.zeros(10),
            "gamma": np.ones(10),
            "beta": np.zeros(10),
            "w2": rng.normal(0, np.sqrt(2 / 90), (20, 10, 3, 3)),
            "b2": np.zeros(20),
            "w3": rng.normal(0, np.sqrt(1 / 320), (320, 10)),
            "b3": np.zeros(10),
        }
        self.mean, self.var = np.zeros(10), np.ones(10)

    def forward(self, images, training):
        p = self.params
        x = images.reshape(-1, 1, 8, 8)
        c1 = conv2d(x, p["w1"], p["b1"], (1, 1), (1, 1))
        n1, self.mean, self.var = batch_norm2d(
            c1, p["gamma"], p["beta"], self.mean, self.var, training, 0.1, 1e-5
        )
        r1 = np.maximum(n1, 0)
        p1 = max_pool2d(r1, (2, 2), (2, 2), (0, 0))
        r2 = np.maximum(conv2d(p1, p["w2"], p["b2"], (1, 1), (1, 1)), 0)
        self.cache = x, c1, r1, p1, r2
        return r2.reshape(len(x), -1) @ p["w3"] + p["b3"]

    def backward(self, dlogits):
        p = self.params
        x, c1, r1, p1, r2 = self.cache
        g = {"w3": r2.reshape(len(x), -1).T @ dlogits, "b3": dlogits.sum(axis=0)}
        dr2 = (dlogits @ p["w3"].T).reshape(r2.shape) * (r2 > 0)
        dp1, g["w2"], g["b2"] = conv2d_backward(dr2, p1, p["w2"], p["b2"], (1, 1), (1, 1))
        dr1 = max_pool2d_backward(dp1, r1, (2, 2), (2, 2), (0, 0)) * (r1 > 0)
        dc1, g["gamma"], g["beta"] = batch_norm2d_backward(dr1, c1, p["gamma"], 1e-5)
        _, g["w1"], g["b1"] = conv2d_backward(dc1, x, p["w1"], p["b1"], (1, 1), (1, 1))
        return g

    def fit(self, images, labels):
        first = {name: np.zeros_like(value) for name, value in self.params.items()}
        second = {name: np.zeros_like(value) for name, value in self.params.items()}
        steps = len(images) // 32
        for t in range(1, steps + 1):
            batch = slice(32 * (t - 1), 32 * t)
            logits = self.forward(images[batch], True)
            probs = np.exp(logits - logits.max(axis=1, keepdims=True))
            probs /= probs.sum(axis=1, keepdims=True)
            loss = -np.log(probs[np.arange(32), labels[batch]] + 1e-12).mean()
            probs[np.arange(32), labels[batch]] -= 1
            rate = 0.01 * (1 - t / (steps + 1)) * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            for name, grad in self.backward(probs / 32).items():
                first[name] = 0.9 * first[name] + 0.1 * grad
                second[name] = 0.999 * second[name] + 0.001 * grad**2
                self.params[name] -= rate * first[name] / (np.sqrt(second[name]) + 1e-8)
            if t % 20 == 0:
                report(f"step {t} of {steps}, loss {loss:.3f}")

    def predict(self, images):
        return self.forward(images, False).argmax(axis=1)


@hookimpl
def convnet(seed):
    return ConvNet(seed)
