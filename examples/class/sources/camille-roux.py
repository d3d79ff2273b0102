# %% [markdown]
# # HW 2: a convolutional network
# Camille Roux
#
# The handout calls it *im2col*: a matrix with one row per window. I did not want to think about strides and
# borders in five functions, so I think about them **once**, in a table of integers. After that everything is
# looking up (`np.take`) and multiplying (`@`).

# %%
import numpy as np

from torchgrade import hookimpl, report

# %% [markdown]
# ## The table
#
# Number the pixels of an image from left to right and from top to bottom: 0, 1, ..., H·W - 1. `lookup` has a row for
# each window and a column for each entry of the window; in it stands the number of the pixel. Where the window
# hangs over the border stands H·W. No pixel has that number: it is an extra one that I put behind the image, with
# 0 in it for a convolution and -∞ for a maximum. So the images themselves never get a border.

# %%
def along(length, k, s, p):
    """The same for one axis, (windows, entries): positions may be negative or too large here."""
    starts = np.arange(-p, length + p - k + 1, s)
    return np.add.outer(starts, np.arange(k))


def lookup(image_size, window, stride, padding):
    """The table (OH·OW, KH·KW), and (OH, OW)."""
    H, W = image_size
    r = along(H, window[0], stride[0], padding[0])
    q = along(W, window[1], stride[1], padding[1])
    number = r[:, None, :, None] * W + q[None, :, None, :]
    exists = ((r >= 0) & (r < H))[:, None, :, None] & ((q >= 0) & (q < W))[None, :, None, :]
    table = np.where(exists, number, H * W)
    return table.reshape(len(r) * len(q), -1), (len(r), len(q))


lookup((3, 3), (2, 2), (2, 2), (1, 1))[0]  # the example of the handout: windows at the four corners

# %% [markdown]
# `gather` looks up, `scatter` brings gradients home. Channels come last in both, so that one look-up copies all
# channels of a pixel.
#
# In `scatter` I first wrote `home[:, table] += parts`, which is **wrong**: a pixel that is several times in the table gets
# only one of its parts. But in *one column* of the table no pixel is there twice (two windows never have
# the same pixel at the same entry), only the extra one may be, and that one is thrown away.

# %%
def pixels_first(images):
    """(N, C, H, W) to (N, H·W, C)"""
    return images.reshape(*images.shape[:2], -1).swapaxes(1, 2)


def as_images(flat, height_width):
    """(N, H·W, C) to (N, C, H, W)"""
    return flat.swapaxes(1, 2).reshape(len(flat), flat.shape[2], *height_width)


def gather(images, table, outside):
    """(N, windows, entries, C)"""
    flat = pixels_first(images)
    extra = np.full((len(images), 1, flat.shape[2]), outside)
    return np.take(np.concatenate([flat, extra], axis=1), table, axis=1)


def scatter(parts, table, height_width):
    N, _, entries, C = parts.shape
    pixels = height_width[0] * height_width[1]
    home = np.zeros((N, pixels + 1, C))
    for e in range(entries):
        home[:, table[:, e]] += parts[:, :, e]
    return as_images(home[:, :pixels], height_width)

# %% [markdown]
# ## Convolution
#
# Now it is $Y = X_{col} W + b$, that is homework 1. And from homework 1: $\bar W = X_{col}^T \bar Y$,
# $\bar X_{col} = \bar Y W^T$.

# %%
def as_matrix(weight):
    """(F, C, KH, KW) to (KH·KW·C, F), in the order in which `gather` has entries and channels"""
    return np.moveaxis(weight, (0, 1), (3, 2)).reshape(-1, len(weight))


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    table, size = lookup(x.shape[2:], weight.shape[2:], stride, padding)
    W = as_matrix(weight)
    X_col = gather(x, table, 0.0).reshape(-1, len(W))
    Y = X_col @ W + bias
    return as_images(Y.reshape(len(x), -1, len(bias)), size)


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    F, C, KH, KW = weight.shape
    table, _ = lookup(x.shape[2:], (KH, KW), stride, padding)
    W, dY = as_matrix(weight), pixels_first(dout).reshape(-1, F)
    dW = gather(x, table, 0.0).reshape(-1, len(W)).T @ dY
    dX_col = (dY @ W.T).reshape(len(x), *table.shape, C)
    dweight = dW.reshape(KH, KW, C, F).transpose(3, 2, 0, 1)
    return scatter(dX_col, table, x.shape[2:]), dweight, dY.sum(axis=0)

# %% [markdown]
# ## Pooling
#
# The same table with -∞ outside. `argmax` gives the first maximum, as we want it.

# %%
@hookimpl
def max_pool2d(x, kernel, stride, padding):
    table, size = lookup(x.shape[2:], kernel, stride, padding)
    return as_images(gather(x, table, -np.inf).max(axis=2), size)


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    table, _ = lookup(x.shape[2:], kernel, stride, padding)
    winner = gather(x, table, -np.inf).argmax(axis=2)
    is_winner = winner[:, :, None, :] == np.arange(table.shape[1])[:, None]
    return scatter(is_winner * pixels_first(dout)[:, :, None, :], table, x.shape[2:])

# %% [markdown]
# ## Batch normalisation
#
# Channel by channel, there are not many. For one channel it is about vectors: with $z$ the normalised values, $\bar x$ is
# $\bar o$ without its mean and without its component along $z$ (and times $\gamma / \sigma$).

# %%
def centred(channel):
    mu = channel.mean()
    away = channel - mu
    return away, mu, np.mean(away * away)


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    out, new_mean, new_var = np.empty_like(x), running_mean.copy(), running_var.copy()
    M = len(x) * x.shape[2] * x.shape[3]
    for c, g in enumerate(gamma):
        if training:
            away, mu, s2 = centred(x[:, c])
            new_mean[c] += momentum * (mu - new_mean[c])
            new_var[c] += momentum * (s2 * M / (M - 1) - new_var[c])
        else:
            away, s2 = x[:, c] - running_mean[c], running_var[c]
        out[:, c] = beta[c] + g * away / np.sqrt(s2 + eps)
    return out, new_mean, new_var


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = np.empty_like(x), np.empty_like(gamma), np.empty_like(gamma)
    for c, g in enumerate(gamma):
        away, _, s2 = centred(x[:, c])
        root = np.sqrt(s2 + eps)
        z, d = away / root, dout[:, c]
        dgamma[c], dbeta[c] = np.vdot(z, d), d.sum()
        dx[:, c] = g / root * (d - d.mean() - z * np.mean(z * d))
    return dx, dgamma, dbeta

# %% [markdown]
# ## The network
#
# conv 3×3 to 12 → ReLU → pool 2×2 → conv 3×3 to 32 → ReLU → affine. No batch normalisation: I tried it, it was not better, and without it
# there is nothing to remember but the weights.
#
# Everything that is learnt is one list, and the network is two functions of it.

# %%
SAME = ((1, 1), (1, 1))
HALVE = ((2, 2), (2, 2), (0, 0))


def first_weights(rng):
    w1 = rng.normal(0, np.sqrt(2 / 9), (12, 1, 3, 3))
    w2 = rng.normal(0, np.sqrt(2 / 108), (32, 12, 3, 3))
    w3 = rng.normal(0, np.sqrt(1 / 512), (512, 10))
    return [w1, np.zeros(12), w2, np.zeros(32), w3, np.zeros(10)]


def network(weights, images):
    """Log-probabilities, and what the way back needs."""
    w1, b1, w2, b2, w3, b3 = weights
    x = np.expand_dims(images, 1)
    a = np.maximum(0, conv2d(x, w1, b1, *SAME))
    half = max_pool2d(a, *HALVE)
    b = np.maximum(0, conv2d(half, w2, b2, *SAME))
    v = b.reshape(len(b), -1)
    logits = v @ w3 + b3
    return logits - np.logaddexp.reduce(logits, axis=1)[:, None], (x, a, half, b, v)


def way_back(weights, kept, dlogits):
    w1, b1, w2, b2, w3, _ = weights
    x, a, half, b, v = kept
    db = np.where(b > 0, (dlogits @ w3.T).reshape(b.shape), 0)
    dhalf, dw2, db2 = conv2d_backward(db, half, w2, b2, *SAME)
    da = np.where(a > 0, max_pool2d_backward(dhalf, a, *HALVE), 0)
    _, dw1, db1 = conv2d_backward(da, x, w1, b1, *SAME)
    return [dw1, db1, dw2, db2, v.T @ dlogits, dlogits.sum(axis=0)]

# %% [markdown]
# ## Training
#
# Gradient descent with momentum, a short warm-up, and at the end the **mean of the weights** of the last quarter of
# all steps (Polyak): the weights dance around a good point, and their mean is nearer to it than they are. So the rate need not fall.

# %%
class Digits:
    def __init__(self, seed):
        self.weights = first_weights(np.random.default_rng(seed))

    def fit(self, images, labels):
        one_hot = np.eye(10)[labels]
        cuts = range(0, len(images), 25)
        push = [np.zeros(w.shape) for w in self.weights]
        gathered, since = [np.zeros(w.shape) for w in self.weights], len(cuts) * 3 // 4
        for t, cut in enumerate(cuts):
            y = one_hot[cut : cut + 25]
            logp, kept = network(self.weights, images[cut : cut + 25])
            slopes = way_back(self.weights, kept, (np.exp(logp) - y) / len(y))
            rate = 0.06 * min(1, (t + 1) / 20)
            push = [0.85 * p - rate * s for p, s in zip(push, slopes)]
            self.weights = [w + p for w, p in zip(self.weights, push)]
            if t >= since:
                gathered = [g + w for g, w in zip(gathered, self.weights)]
            if t % 60 == 0:
                report(f"{t:4d}  {-(logp * y).sum() / len(y):.3f}")
        self.weights = [g / (len(cuts) - since) for g in gathered]

    def predict(self, images):
        logp, _ = network(self.weights, images)
        return logp.argmax(axis=1)


@hookimpl
def convnet(seed):
    return Digits(seed)

# %% [markdown]
# The worked example, to be sure: 4.5, 6.5, 8.5, 11.5.

# %%
example = np.array([[1.0, 2, 0], [0, 1, 3], [2, 0, 1]]).reshape(1, 1, 3, 3)
conv2d(example, np.array([[1.0, 2], [3, 4]]).reshape(1, 1, 2, 2), np.array([0.5]), (2, 2), (1, 1))
