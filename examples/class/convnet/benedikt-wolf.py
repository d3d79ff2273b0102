"""Layer objects; gather and bincount."""

from typing import Any

import numpy as np

from torchgrade import hookimpl


def places(shape, kernel, stride, padding):
    """Return where each entry of each window lies in a flat padded image, and the sizes there are."""
    height, width = (size + 2 * p for size, p in zip(shape[-2:], padding, strict=True))
    tops = np.arange(0, height - kernel[0] + 1, stride[0])
    lefts = np.arange(0, width - kernel[1] + 1, stride[1])
    starts = (tops[:, None] * width + lefts).ravel()
    entries = (np.arange(kernel[0])[:, None] * width + np.arange(kernel[1])).ravel()
    return entries[:, None] + starts, (height, width), (len(tops), len(lefts))


def flat_padded(x, padding, value=0.0):
    p, q = padding
    wide = np.pad(x, [(0, 0), (0, 0), (p, p), (q, q)], constant_values=value)
    return wide.reshape(*x.shape[:2], -1)


def bring_back(indices, values, count, size, padding):
    """Add values up where they belong: ``count`` images, each padded to ``size``."""
    area = size[0] * size[1]
    all_indices = (np.arange(count)[:, None] * area + indices.reshape(count, -1)).ravel()
    total = np.bincount(all_indices, values.ravel(), minlength=count * area).reshape(count, *size)
    (p, q), (height, width) = padding, size
    return total[:, p : height - p, q : width - q]


class Conv:
    """A convolution; ``grads`` holds what ``backward`` found for ``params``."""

    def __init__(self, weight, bias, stride=(1, 1), padding=(0, 0)) -> None:
        self.params = [weight, bias]
        self.stride, self.padding = stride, padding
        self.grads = []

    def forward(self, x, *, train=True):
        weight, bias = self.params
        self.where, self.size, out = places(x.shape, weight.shape[2:], self.stride, self.padding)
        wide = flat_padded(x, self.padding)
        self.x_shape = x.shape
        self.columns = wide[:, :, self.where].reshape(len(x), -1, self.where.shape[1])
        result = weight.reshape(len(weight), -1) @ self.columns + bias[:, None]
        return result.reshape(len(x), len(weight), *out)

    def backward(self, dout):
        weight, _ = self.params
        n, c = self.x_shape[:2]
        flat = dout.reshape(*dout.shape[:2], -1)
        dweight = np.tensordot(flat, self.columns, axes=((0, 2), (0, 2)))
        self.grads = [dweight.reshape(weight.shape), flat.sum(axis=(0, 2))]
        dcolumns = weight.reshape(len(weight), -1).T @ flat
        indices = np.broadcast_to(self.where, (n * c, *self.where.shape))
        dx = bring_back(indices, dcolumns, n * c, self.size, self.padding)
        return dx.reshape(self.x_shape)


class Pool:
    """Max pooling."""

    params: tuple[Any, ...] = ()
    grads: tuple[Any, ...] = ()

    def __init__(self, kernel, stride, padding) -> None:
        self.kernel, self.stride, self.padding = kernel, stride, padding

    def forward(self, x, *, train=True):
        self.where, self.size, out = places(x.shape, self.kernel, self.stride, self.padding)
        windows = flat_padded(x, self.padding, -np.inf)[:, :, self.where]
        self.winners = np.argmax(windows, axis=2)
        self.x_shape = x.shape
        return np.max(windows, axis=2).reshape(*x.shape[:2], *out)

    def backward(self, dout):
        count = self.x_shape[0] * self.x_shape[1]
        indices = self.where[self.winners, np.arange(self.where.shape[1])]
        return bring_back(indices, dout, count, self.size, self.padding).reshape(self.x_shape)


class Norm:
    """Batch normalisation with running statistics."""

    def __init__(self, gamma, beta, mean, var, momentum=0.2, eps=1e-5) -> None:
        self.params, self.mean, self.var = [gamma, beta], mean, var
        self.momentum, self.eps = momentum, eps

    def forward(self, x, *, train=True):
        gamma, beta = self.params
        axes, mean, var = (0, 2, 3), self.mean, self.var
        if train:
            mean, var = np.mean(x, axes), np.var(x, axes)
            count = x.size / x.shape[1]
            self.mean = self.mean + self.momentum * (mean - self.mean)
            self.var = self.var + self.momentum * (var * count / (count - 1.0) - self.var)
        self.scale = (1.0 / np.sqrt(var + self.eps)).reshape(1, -1, 1, 1)
        self.normal = (x - mean.reshape(1, -1, 1, 1)) * self.scale
        return gamma.reshape(1, -1, 1, 1) * self.normal + beta.reshape(1, -1, 1, 1)

    def backward(self, dout):
        axes = (0, 2, 3)
        self.grads = [(dout * self.normal).sum(axes), dout.sum(axes)]
        d = dout * self.params[0].reshape(1, -1, 1, 1)
        along = self.normal * (d * self.normal).mean(axes, keepdims=True)
        return self.scale * (d - d.mean(axes, keepdims=True) - along)


class Relu:
    """The rectifier."""

    params: tuple[Any, ...] = ()
    grads: tuple[Any, ...] = ()

    def forward(self, x, *, train=True):
        self.active = x > 0.0
        return x * self.active

    def backward(self, dout):
        return dout * self.active


class Affine:
    """Flattens, multiplies, adds."""

    def __init__(self, weight, bias) -> None:
        self.params = [weight, bias]

    def forward(self, x, *, train=True):
        self.shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.params[0] + self.params[1]

    def backward(self, dout):
        self.grads = [self.x.T @ dout, dout.sum(axis=0)]
        return (dout @ self.params[0].T).reshape(self.shape)


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    return Conv(weight, bias, stride, padding).forward(x)


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    layer = Conv(weight, bias, stride, padding)
    layer.forward(x)
    dx = layer.backward(dout)
    return dx, *layer.grads


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    return Pool(kernel, stride, padding).forward(x)


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    layer = Pool(kernel, stride, padding)
    layer.forward(x)
    return layer.backward(dout)


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    layer = Norm(gamma, beta, running_mean, running_var, momentum, eps)
    return layer.forward(x, train=training), layer.mean, layer.var


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    zeros = np.zeros(len(gamma))
    layer = Norm(gamma, zeros, zeros, zeros, 0.0, eps)
    layer.forward(x)
    return layer.backward(dout), *layer.grads


class Network:
    """A list of layers."""

    def __init__(self, seed) -> None:
        rng = np.random.default_rng(seed)
        self.layers: list[Any] = [
            Conv(rng.normal(0.0, 0.45, (10, 1, 3, 3)), np.zeros(10), padding=(1, 1)),
            Norm(np.ones(10), np.zeros(10), np.zeros(10), np.ones(10)),
            Relu(),
            Pool((2, 2), (2, 2), (0, 0)),
            Conv(rng.normal(0.0, 0.15, (20, 10, 3, 3)), np.zeros(20), padding=(1, 1)),
            Norm(np.ones(20), np.zeros(20), np.zeros(20), np.ones(20)),
            Relu(),
            Affine(rng.normal(0.0, 0.06, (320, 10)), np.zeros(10)),
        ]

    def forward(self, images, *, train):
        x = images.reshape(-1, 1, 8, 8)
        for layer in self.layers:
            x = layer.forward(x, train=train)
        return x

    def fit(self, images, labels) -> None:
        squares = [[np.zeros_like(value) for value in layer.params] for layer in self.layers]
        steps = -(-len(images) // 40)
        for step, batch in enumerate(np.array_split(np.arange(len(images)), steps)):
            logits = self.forward(images[batch], train=True)
            odds = np.exp(logits - logits.max(1, keepdims=True))
            dout = odds / odds.sum(1, keepdims=True)
            dout[np.arange(len(batch)), labels[batch]] -= 1.0
            dout /= len(batch)
            for layer in reversed(self.layers):
                dout = layer.backward(dout)
            rate = 0.006 * (1.0 - step / steps) + 1e-5
            for layer, kept in zip(self.layers, squares, strict=True):
                for value, gradient, square in zip(layer.params, layer.grads, kept, strict=True):
                    np.add(square, 0.05 * (gradient**2 - square), out=square)
                    np.subtract(value, rate * gradient / (np.sqrt(square) + 1e-6), out=value)

    def predict(self, images):
        return self.forward(images, train=False).argmax(axis=1)


@hookimpl
def convnet(seed):
    return Network(seed)
