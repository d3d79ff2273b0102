"""B. Wolf, hand-in 2.

Everything here is a window and an einsum. Each op returns its result together with a closure for the way
back, so the network is only a tape of closures that gets played in reverse.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from torchgrade import hookimpl, report

CHANNEL = "nchw->c"


def frame(a, margin, fill=0.0):
    """Copy ``a`` into the middle of a larger array; margin = (rows, columns) on every side."""
    n, c, h, w = a.shape
    top, left = margin
    big = np.full((n, c, h + 2 * top, w + 2 * left), fill)
    big[:, :, top : top + h, left : left + w] = a
    return big


def patches(a, kernel, step):
    """(n, c, kh, kw, oh, ow), a read-only view. I take a.strides, a need not be contiguous."""
    (kh, kw), (sh, sw) = kernel, step
    n, c, h, w = a.shape
    sn, sc, sy, sx = a.strides
    shape = (n, c, kh, kw, (h - kh) // sh + 1, (w - kw) // sw + 1)
    return as_strided(a, shape, (sn, sc, sy, sx, sy * sh, sx * sw), writeable=False)


def conv(x, weight, bias, stride, padding):
    kh, kw = weight.shape[2:]
    seen = patches(frame(x, padding), (kh, kw), stride)
    y = np.einsum("fcuv,ncuvij->nfij", weight, seen, optimize=True) + bias.reshape(1, -1, 1, 1)

    def back(dy):
        dweight = np.einsum("nfij,ncuvij->fcuv", dy, seen, optimize=True)
        # dx is a convolution again: pull dy apart by the stride, put kernel - 1 zeros around it, and slide
        # the kernel over it upside down. No scattering, nothing to add up.
        n, c, h, w = x.shape
        (oh, ow), (sh, sw), (top, left) = dy.shape[2:], stride, padding
        upside_down = weight[:, :, ::-1, ::-1]
        dx = np.empty((n, c, h, w))
        for k in range(n):  # image by image: all at once is F*KH*KW big images in memory
            apart = np.zeros((1, len(weight), h + 2 * top + kh - 1, w + 2 * left + kw - 1))
            apart[0, :, kh - 1 : kh - 1 + sh * oh : sh, kw - 1 : kw - 1 + sw * ow : sw] = dy[k]
            # Starting at the padding means that the border is never computed.
            real = apart[:, :, top : top + h + kh - 1, left : left + w + kw - 1]
            around = patches(real, (kh, kw), (1, 1))[0]
            dx[k] = np.einsum("fcuv,fuvij->cij", upside_down, around, optimize=True)
        return dx, dweight, np.einsum(CHANNEL, dy)

    return y, back


def pool(x, kernel, stride, padding):
    seen = patches(frame(x, padding, -np.inf), kernel, stride)
    n, c, _, _, oh, ow = seen.shape
    # argmax takes the first one of a tie, and (u, v) is row by row, as it should be
    best = seen.reshape(n, c, -1, oh, ow).argmax(axis=2)
    image, channel, i, j = np.ogrid[:n, :c, :oh, :ow]
    row = i * stride[0] + best // kernel[1] - padding[0]
    column = j * stride[1] + best % kernel[1] - padding[1]

    def back(dy):
        dx = np.zeros(x.shape)
        np.add.at(dx, (image, channel, row, column), dy)  # += would forget entries that win twice
        return dx

    return x[image, channel, row, column], back


def norm(x, gamma, eps):
    """Without beta, and with mean and variance of the batch as further results."""
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    m = x.size // len(gamma)
    z = x - mean
    var = np.einsum("nchw,nchw->c", z, z) / m
    istd = 1 / np.sqrt(var + eps)
    z *= istd.reshape(1, -1, 1, 1)

    def back(dy):
        dgamma = np.einsum("nchw,nchw->c", dy, z)
        dbeta = np.einsum(CHANNEL, dy)
        # dy without its part along the ones and its part along z: the batch cannot move that way
        rest = dy - np.einsum("c,nchw->nchw", dgamma / m, z) - (dbeta / m).reshape(1, -1, 1, 1)
        return np.einsum("c,nchw->nchw", gamma * istd, rest), dgamma, dbeta

    return np.einsum("c,nchw->nchw", gamma, z), mean.ravel(), var, back


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    y, _ = conv(x, weight, bias, stride, padding)
    return y


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    _, back = conv(x, weight, bias, stride, padding)
    return back(dout)


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    y, _ = pool(x, kernel, stride, padding)
    return y


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    _, back = pool(x, kernel, stride, padding)
    return back(dout)


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    shift = beta.reshape(1, -1, 1, 1)
    if not training:
        factor = gamma / np.sqrt(running_var + eps)
        y = np.einsum("c,nchw->nchw", factor, x - running_mean.reshape(1, -1, 1, 1))
        return y + shift, running_mean.copy(), running_var.copy()
    y, mean, var, _ = norm(x, gamma, eps)
    m = x.size // len(gamma)
    new_mean = running_mean + momentum * (mean - running_mean)
    new_var = running_var + momentum * (m / (m - 1) * var - running_var)
    return y + shift, new_mean, new_var


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    *_, back = norm(x, gamma, eps)
    return back(dout)


BATCH = 32
RATE, MOMENTUM = 0.05, 0.9
FORGET, EPS = 0.1, 1e-5


class TapeNet:
    """Two stages of conv 3x3, norm, relu, pool (8x8 to 4x4 to 2x2), then a matrix."""

    widths = (1, 12, 28)

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.theta, self.stats = {}, {}
        for s in (1, 2):
            before, now = self.widths[s - 1 : s + 1]
            he = np.sqrt(2 / (before * 9))
            self.theta[f"kernel{s}"] = he * rng.standard_normal((now, before, 3, 3))
            self.theta[f"gamma{s}"], self.theta[f"beta{s}"] = np.ones(now), np.zeros(now)
            self.stats[s] = np.zeros(now), np.ones(now)
        features = 4 * self.widths[-1]
        self.theta["matrix"] = rng.standard_normal((features, 10)) / np.sqrt(features)
        self.theta["offset"] = np.zeros(10)

    def run(self, images, tape=None):
        """Logits. With a tape it is training: closures go on the tape, statistics move."""
        h = images[:, None]
        for s in self.stats:
            h = self.stage(s, h, tape)
        flat = h.reshape(len(h), -1)
        matrix, shape = self.theta["matrix"], h.shape
        if tape is not None:

            def back(d):
                return (d @ matrix.T).reshape(shape), {"matrix": flat.T @ d, "offset": d.sum(axis=0)}

            tape.append(back)
        return flat @ matrix + self.theta["offset"]

    def stage(self, s, h, tape):
        kernel, gamma, beta = (self.theta[f"{name}{s}"] for name in ("kernel", "gamma", "beta"))
        # no bias, the norm would take it off again
        h, conv_back = conv(h, kernel, np.zeros(len(kernel)), (1, 1), (1, 1))
        if tape is None:
            h, _, _ = batch_norm2d(h, gamma, beta, *self.stats[s], False, FORGET, EPS)
        else:
            normed, *new, norm_back = norm(h, gamma, EPS)
            old = self.stats[s]
            self.stats[s] = tuple((1 - FORGET) * a + FORGET * b for a, b in zip(old, new, strict=True))
            h = normed + beta.reshape(1, -1, 1, 1)
        positive = h > 0
        h, pool_back = pool(np.where(positive, h, 0.0), (2, 2), (2, 2), (0, 0))
        if tape is not None:

            def back(d):
                d, dgamma, dbeta = norm_back(np.where(positive, pool_back(d), 0.0))
                d, dkernel, _ = conv_back(d)
                return d, {f"kernel{s}": dkernel, f"gamma{s}": dgamma, f"beta{s}": dbeta}

            tape.append(back)
        return h

    def fit(self, images, labels):
        speed = {name: np.zeros_like(value) for name, value in self.theta.items()}
        todo = len(images)
        for done in range(0, todo, BATCH):
            x, t = images[done : done + BATCH], labels[done : done + BATCH]
            tape = []
            logits = self.run(x, tape)
            logp = logits - logits.max(axis=1, keepdims=True)
            logp -= np.log(np.exp(logp).sum(axis=1, keepdims=True))
            d = (np.exp(logp) - np.eye(10)[t]) / len(t)
            rate = RATE * np.cos(np.pi / 2 * done / todo) ** 2
            while tape:
                d, grads = tape.pop()(d)
                for name, grad in grads.items():
                    speed[name] = MOMENTUM * speed[name] - rate * grad
                    self.theta[name] = self.theta[name] + speed[name]
            if done % (50 * BATCH) == 0:
                report(f"{done}/{todo}: {-logp[np.arange(len(t)), t].mean():.4f}")

    def predict(self, images):
        return self.run(images).argmax(axis=1)


@hookimpl
def convnet(seed):
    return TapeNet(seed)
