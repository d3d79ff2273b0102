"""Eeva Lahti: convnet.

I think from the pixel: a pixel asks which windows see it, and hands its value to each of them. So there is
no padded copy of the image, and no border to cut off on the way back. It is slow, sorry. My network has its
own convolution with whole arrays, otherwise I would still be waiting.
"""

from math import fsum, sqrt

import numpy as np

from torchgrade import hookimpl, report


def n_windows(size, kernel, stride, pad):
    return (size + 2 * pad - kernel) // stride + 1


def seen_by(size, kernel, stride, pad):
    """Along one axis: for each pixel, the windows that see it, each with the pixel's place in the window."""
    windows = n_windows(size, kernel, stride, pad)
    answer = []
    for pixel in range(size):
        pairs = []
        for window in range(windows):
            place = pixel + pad - window * stride
            if 0 <= place < kernel:
                pairs.append((window, place))
        answer.append(pairs)
    return answer


def both_axes(x, kernel, stride, padding):
    """The same for the rows and for the columns of a batch of images."""
    rows = seen_by(x.shape[2], kernel[0], stride[0], padding[0])
    cols = seen_by(x.shape[3], kernel[1], stride[1], padding[1])
    return rows, cols


def result_shape(x, depth, kernel, stride, padding):
    height = n_windows(x.shape[2], kernel[0], stride[0], padding[0])
    width = n_windows(x.shape[3], kernel[1], stride[1], padding[1])
    return len(x), depth, height, width


# Convolution


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    kernel = weight.shape[2:]
    rows, cols = both_axes(x, kernel, stride, padding)
    y = np.empty(result_shape(x, len(weight), kernel, stride, padding))
    for f in range(len(weight)):
        y[:, f] = bias[f]
    for (n, c, row, col), pixel in np.ndenumerate(x):
        for i, u in rows[row]:
            for j, v in cols[col]:
                for f in range(len(weight)):
                    y[n, f, i, j] += pixel * weight[f, c, u, v]
    return y


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    rows, cols = both_axes(x, weight.shape[2:], stride, padding)
    dx = np.empty(x.shape)
    dw = np.zeros(weight.shape)
    for (n, c, row, col), pixel in np.ndenumerate(x):
        # what comes back to this pixel from everyone who saw it
        back = 0.0
        for i, u in rows[row]:
            for j, v in cols[col]:
                for f in range(len(weight)):
                    back += dout[n, f, i, j] * weight[f, c, u, v]
                    dw[f, c, u, v] += dout[n, f, i, j] * pixel
        dx[n, c, row, col] = back
    db = np.array([fsum(dout[:, f].flat) for f in range(len(bias))])
    return dx, dw, db


# Pooling


def champions(x, kernel, stride, padding):
    """Who wins each window: {(n, c, i, j): (value, row, col)}. Row by row, so with > the first one stays."""
    rows, cols = both_axes(x, kernel, stride, padding)
    best = {}
    for (n, c, row, col), pixel in np.ndenumerate(x):
        for i, _ in rows[row]:
            for j, _ in cols[col]:
                window = n, c, i, j
                if window not in best or pixel > best[window][0]:
                    best[window] = pixel, row, col
    return best


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    y = np.empty(result_shape(x, x.shape[1], kernel, stride, padding))
    for window, (value, _, _) in champions(x, kernel, stride, padding).items():
        y[window] = value
    return y


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    dx = np.zeros(x.shape)
    for (n, c, i, j), (_, row, col) in champions(x, kernel, stride, padding).items():
        dx[n, c, row, col] += dout[n, c, i, j]
    return dx


# Batch norm


def mean_and_squares(numbers):
    mean = fsum(numbers) / len(numbers)
    return mean, fsum((number - mean) ** 2 for number in numbers)


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    y = np.empty(x.shape)
    means, variances = [], []
    for c in range(len(gamma)):
        mean, var = running_mean[c], running_var[c]
        keep_mean, keep_var = mean, var
        if training:
            numbers = x[:, c].flatten().tolist()
            mean, squares = mean_and_squares(numbers)
            var = squares / len(numbers)
            keep_mean = (1 - momentum) * keep_mean + momentum * mean
            keep_var = (1 - momentum) * keep_var + momentum * squares / (len(numbers) - 1)
        means.append(keep_mean)
        variances.append(keep_var)
        y[:, c] = gamma[c] * ((x[:, c] - mean) / sqrt(var + eps)) + beta[c]
    return y, np.array(means), np.array(variances)


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    dx = np.empty(x.shape)
    dgamma, dbeta = np.empty(len(gamma)), np.empty(len(gamma))
    for c in range(len(gamma)):
        numbers = x[:, c].flatten().tolist()
        grads = dout[:, c].flatten().tolist()
        m = len(numbers)
        mean, squares = mean_and_squares(numbers)
        sigma = sqrt(squares / m + eps)
        hats = [(number - mean) / sigma for number in numbers]
        dbeta[c] = fsum(grads)
        dgamma[c] = fsum(g * hat for g, hat in zip(grads, hats, strict=True))
        # my page of algebra: do/dx = gamma / sigma * (itself - average - hat * average of hat)
        dnumbers = [
            gamma[c] / sigma * (g - dbeta[c] / m - hat * dgamma[c] / m)
            for g, hat in zip(grads, hats, strict=True)
        ]
        dx[:, c] = np.reshape(dnumbers, x[:, c].shape)
    return dx, dgamma, dbeta


# The network: channels last, a 3 x 3 convolution is nine shifted products


NINE = [(u, v) for u in range(3) for v in range(3)]


class Layer3x3:
    """Convolution with padding 1, and ReLU. Pictures are (N, H, W, C), the kernel (3, 3, C, F)."""

    def __init__(self, rng, inputs, outputs):
        self.kernel = rng.normal(0, sqrt(2 / (9 * inputs)), (3, 3, inputs, outputs))
        self.bias = np.zeros(outputs)

    def __call__(self, pictures):
        _, h, w, _ = pictures.shape
        bordered = np.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)))
        total = self.bias + sum(bordered[:, u : u + h, v : v + w] @ self.kernel[u, v] for u, v in NINE)
        return np.maximum(total, 0), bordered

    def back(self, d, active, bordered):
        """Gradients of the pictures, the kernel and the bias."""
        d = d * (active > 0)
        _, h, w, _ = d.shape
        dbordered, dkernel = np.zeros(bordered.shape), np.empty(self.kernel.shape)
        for u, v in NINE:
            here = np.s_[:, u : u + h, v : v + w]
            dbordered[here] += d @ self.kernel[u, v].T
            dkernel[u, v] = np.einsum("nhwc,nhwf->cf", bordered[here], d, optimize=True)
        return dbordered[:, 1:-1, 1:-1], dkernel, d.sum(axis=(0, 1, 2))


class Reader:
    """3x3 to 16, averages of 2 x 2, 3x3 to 48, then ten sums."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.one, self.two = Layer3x3(rng, 1, 16), Layer3x3(rng, 16, 48)
        self.table = rng.normal(0, 0.04, (4 * 4 * 48, 10))
        self.start = np.zeros(10)

    def think(self, images):
        a, a_seen = self.one(images[..., np.newaxis])
        halved = (a[:, ::2, ::2] + a[:, 1::2, ::2] + a[:, ::2, 1::2] + a[:, 1::2, 1::2]) / 4
        b, b_seen = self.two(halved)
        flat = b.reshape(len(images), -1)
        return flat @ self.table + self.start, (a, a_seen, b, b_seen, flat)

    def learn(self, images, labels, adam):
        scores, (a, a_seen, b, b_seen, flat) = self.think(images)
        chance = np.exp(scores - scores.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        right = np.arange(10) == labels[:, np.newaxis]
        d = (chance - right) / len(labels)
        dhalved, dkernel2, dbias2 = self.two.back((d @ self.table.T).reshape(b.shape), b, b_seen)
        da = dhalved.repeat(2, axis=1).repeat(2, axis=2) / 4
        _, dkernel1, dbias1 = self.one.back(da, a, a_seen)
        adam.step([dkernel1, dbias1, dkernel2, dbias2, flat.T @ d, d.sum(axis=0)])
        return -np.log(chance[right] + 1e-300).mean()

    def fit(self, images, labels):
        one, two = self.one, self.two
        adam = Adam([one.kernel, one.bias, two.kernel, two.bias, self.table, self.start])
        size, seen, loss = 15, 0, 0.0
        while seen < len(images):
            adam.rate = 0.01 if seen < 0.6 * len(images) else 0.002
            loss = self.learn(images[seen : seen + size], labels[seen : seen + size], adam)
            seen += size
        report(f"last loss {loss:.3f}")

    def predict(self, images):
        return self.think(images)[0].argmax(axis=1)


class Adam:
    """Changes the arrays that it is given."""

    def __init__(self, arrays):
        self.arrays, self.rate, self.t = arrays, 0.0, 0
        self.means = [0.0 for _ in arrays]
        self.squares = [0.0 for _ in arrays]

    def step(self, grads):
        self.t += 1
        for k, grad in enumerate(grads):
            self.means[k] = 0.9 * self.means[k] + 0.1 * grad
            self.squares[k] = 0.999 * self.squares[k] + 0.001 * grad * grad
            mean = self.means[k] / (1 - 0.9**self.t)
            square = self.squares[k] / (1 - 0.999**self.t)
            self.arrays[k] -= self.rate * mean / (np.sqrt(square) + 1e-8)


@hookimpl
def convnet(seed):
    return Reader(seed)
