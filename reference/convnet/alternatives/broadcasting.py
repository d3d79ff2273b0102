# canary: torchgrade-reference-7f3c1d
"""A right solution that holds every product before it is summed: short to write, and hungry.

Windows, filters and places are axes of one array. Pooling marks the first maximum by counting how many came
before it. The network, small enough for that, learns with Adam.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from torchgrade import hookimpl

OVER_BUDGET = ("forward_time", "backward_time", "backward_memory")


def view(wide, kernel, stride):
    """Return all windows, (N, C, OH, OW, KH, KW), as a view that may be written to."""
    n, c, height, width = wide.shape
    rows, columns = (height - kernel[0]) // stride[0] + 1, (width - kernel[1]) // stride[1] + 1
    a, b, down, right = wide.strides
    strides = (a, b, down * stride[0], right * stride[1], down, right)
    return as_strided(wide, (n, c, rows, columns, *kernel), strides)


def bordered(x, padding, value=0.0):
    return np.pad(x, tuple((p, p) for p in (0, 0, *padding)), constant_values=value)


def inside(wide, padding):
    p, q = padding
    return wide[:, :, p : wide.shape[2] - p, q : wide.shape[3] - q]


def add_windows(wide, shares, stride):
    """Add to each window its shares, one place of the output after the other."""
    (rows, columns), (tall, broad) = shares.shape[2:4], shares.shape[4:]
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride[0], j * stride[1]
            wide[:, :, top : top + tall, left : left + broad] += shares[:, :, i, j]
    return wide


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    windows = view(bordered(x, padding), weight.shape[2:], stride)
    products = windows[:, None] * weight[None, :, :, None, None]
    return products.sum(axis=(2, 5, 6)) + bias[:, None, None]


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    wide = bordered(x, padding)
    windows = view(wide, weight.shape[2:], stride)
    gradients = dout[:, :, None, :, :, None, None]
    dweight = (gradients * windows[:, None]).sum(axis=(0, 3, 4))
    shares = (gradients * weight[None, :, :, None, None]).sum(axis=1)
    dwide = add_windows(np.zeros_like(wide), shares, stride)
    return inside(dwide, padding).copy(), dweight, dout.sum(axis=3).sum(axis=2).sum(axis=0)


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    return np.amax(view(bordered(x, padding, -np.inf), kernel, stride), axis=(-2, -1))


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    wide = bordered(x, padding, -np.inf)
    windows = view(wide, kernel, stride)
    flat = windows.reshape(*windows.shape[:4], -1)
    largest = flat == flat.max(axis=-1, keepdims=True)
    first = largest & (largest.cumsum(axis=-1) == 1)
    shares = first.reshape(windows.shape) * dout[..., None, None]
    return inside(add_windows(np.zeros_like(wide), shares, stride), padding).copy()


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    shape = (1, -1, 1, 1)
    if training:
        by_channel = x.swapaxes(0, 1).reshape(len(gamma), -1)
        mean, var = by_channel.mean(axis=1), by_channel.var(axis=1)
        unbiased = by_channel.var(axis=1, ddof=1)
        running_mean = running_mean * (1.0 - momentum) + mean * momentum
        running_var = running_var * (1.0 - momentum) + unbiased * momentum
    else:
        mean, var = running_mean, running_var
    normal = (x - mean.reshape(shape)) / (var.reshape(shape) + eps) ** 0.5
    return normal * gamma.reshape(shape) + beta.reshape(shape), running_mean, running_var


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    axes, g = (0, 2, 3), gamma.reshape(1, -1, 1, 1)
    centred = x - x.mean(axis=axes, keepdims=True)
    inverse = ((centred**2).mean(axis=axes, keepdims=True) + eps) ** -0.5
    dnormal = dout * g
    dvar = -0.5 * (dnormal * centred).sum(axis=axes, keepdims=True) * inverse**3
    dcentred = dnormal * inverse + dvar * 2.0 * centred * (x.shape[1] / x.size)
    dx = dcentred - dcentred.mean(axis=axes, keepdims=True)
    return dx, (dout * centred * inverse).sum(axis=axes), dout.sum(axis=axes)


class Small:
    """Convolution of 3 x 3 to 8 channels, normalised, ReLU, pooled; then 48 hidden units."""

    def __init__(self, seed) -> None:
        rng = np.random.default_rng(seed)
        self.values = [
            rng.normal(size=(8, 1, 3, 3)) * 0.4,
            np.zeros(8),
            np.ones(8),
            np.zeros(8),
            rng.normal(size=(128, 48)) * 0.12,
            np.zeros(48),
            rng.normal(size=(48, 10)) * 0.15,
            np.zeros(10),
        ]
        self.running = np.zeros(8), np.ones(8)

    def forward(self, images, training):
        weight, bias, gamma, beta, w, b, v, c = self.values
        x = images[:, None, :, :]
        convolved = conv2d(x, weight, bias, (1, 1), (1, 1))
        normal, *running = batch_norm2d(convolved, gamma, beta, *self.running, training, 0.05, 1e-3)
        if training:
            self.running = running
        active = np.maximum(normal, 0.0)
        flat = max_pool2d(active, (2, 2), (2, 2), (0, 0)).reshape(len(x), -1)
        hidden = np.maximum(flat @ w + b, 0.0)
        return x, convolved, active, flat, hidden, hidden @ v + c

    def backward(self, kept, dlogits):
        weight, bias, gamma, _, w, _, v, _ = self.values
        x, convolved, active, flat, hidden = kept
        dhidden = dlogits @ v.T * (hidden > 0.0)
        dpooled = (dhidden @ w.T).reshape(len(x), 8, 4, 4)
        dactive = max_pool2d_backward(dpooled, active, (2, 2), (2, 2), (0, 0)) * (active > 0.0)
        dconvolved, dgamma, dbeta = batch_norm2d_backward(dactive, convolved, gamma, 1e-3)
        _, dweight, dbias = conv2d_backward(dconvolved, x, weight, bias, (1, 1), (1, 1))
        of_affine = [flat.T @ dhidden, dhidden.sum(0), hidden.T @ dlogits, dlogits.sum(0)]
        return [dweight, dbias, dgamma, dbeta, *of_affine]

    def fit(self, images, labels) -> None:
        moments = [[np.zeros_like(value), np.zeros_like(value)] for value in self.values]
        size = 32
        for t, start in enumerate(range(0, len(images) - size + 1, size), 1):
            *kept, logits = self.forward(images[start : start + size], training=True)
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            p = p / p.sum(axis=1, keepdims=True) - np.eye(10)[labels[start : start + size]]
            for k, gradient in enumerate(self.backward(kept, p / size)):
                m, v = moments[k]
                m += 0.1 * (gradient - m)
                v += 0.01 * (gradient**2 - v)
                rate = 0.01 * (1.0 - start / len(images))
                self.values[k] = self.values[k] - rate * (m / (1 - 0.9**t)) / (
                    np.sqrt(v / (1 - 0.99**t)) + 1e-8
                )

    def predict(self, images):
        return np.argmax(self.forward(images, training=False)[-1], axis=1)


@hookimpl
def convnet(seed):
    return Small(seed)
