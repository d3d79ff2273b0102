# %% [markdown]
# # A convolutional network
#
# Convolution is a product of frequencies, so let numpy do the sums.

# %% [markdown]
# ## Convolution

# %%
import numpy as np

from torchgrade import hookimpl, report


def padded(x, padding, value=0.0):
    n, c, height, width = x.shape
    p, q = padding
    wide = np.full((n, c, height + 2 * p, width + 2 * q), value)
    wide[:, :, p : p + height, q : q + width] = x
    return wide


def frequencies(images, shape):
    """Return the transform with frequencies first: (frequencies, first axis, second axis)."""
    transform = np.fft.rfft2(images, shape)
    return transform.reshape(*images.shape[:2], -1).transpose(2, 0, 1)


def images_of(transform, shape):
    flat = transform.transpose(1, 2, 0)
    return np.fft.irfft2(flat.reshape(*flat.shape[:2], shape[0], shape[1] // 2 + 1), shape)


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    wide = padded(x, padding)
    shape = wide.shape[2:]
    kernels = frequencies(weight, shape).conj().swapaxes(1, 2)
    everywhere = images_of(frequencies(wide, shape) @ kernels, shape)
    rows, columns = (size - k + 1 for size, k in zip(shape, weight.shape[2:], strict=True))
    return everywhere[:, :, : rows : stride[0], : columns : stride[1]] + bias[None, :, None, None]


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    wide = padded(x, padding)
    shape = wide.shape[2:]
    rows, columns = (stride[a] * dout.shape[2 + a] for a in (0, 1))
    sparse = np.zeros((*dout.shape[:2], max(rows, shape[0]), max(columns, shape[1])))
    sparse[:, :, : rows : stride[0], : columns : stride[1]] = dout
    gradients = frequencies(sparse[:, :, : shape[0], : shape[1]], shape)
    dwide = images_of(gradients @ frequencies(weight, shape), shape)
    dweight = images_of(gradients.conj().swapaxes(1, 2) @ frequencies(wide, shape), shape)
    (p, q), (height, width), (tall, broad) = padding, x.shape[2:], weight.shape[2:]
    return (
        dwide[:, :, p : p + height, q : q + width],
        dweight[:, :, :tall, :broad],
        np.einsum("nfij->f", dout),
    )

# %% [markdown]
# ## Pooling

# %%
def shifts(wide, kernel, stride, out):
    """Yield a view of each entry of all windows, row by row."""
    for u in range(kernel[0]):
        for v in range(kernel[1]):
            yield wide[:, :, u : u + stride[0] * out[0] : stride[0], v : v + stride[1] * out[1] : stride[1]]


def pooled_size(shape, kernel, stride, padding):
    return [1 + (shape[2 + a] + 2 * padding[a] - kernel[a]) // stride[a] for a in (0, 1)]


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    out = pooled_size(x.shape, kernel, stride, padding)
    best = np.full((*x.shape[:2], *out), -np.inf)
    for entry in shifts(padded(x, padding, -np.inf), kernel, stride, out):
        best = np.maximum(best, entry)
    return best


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    wide = padded(x, padding, -np.inf)
    total = np.zeros(wide.shape)
    best = max_pool2d(x, kernel, stride, padding)
    left = dout.copy()  # what no entry has taken yet
    entries = shifts(wide, kernel, stride, dout.shape[2:])
    for entry, share in zip(entries, shifts(total, kernel, stride, dout.shape[2:]), strict=True):
        taken = np.where(entry == best, left, 0.0)
        np.add(share, taken, out=share)
        left -= taken
    (p, q), (height, width) = padding, x.shape[2:]
    return total[:, :, p : p + height, q : q + width]

# %% [markdown]
# ## Batch normalisation

# %%
@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    values = np.moveaxis(x, 1, -1)
    mean, var, means, variances = running_mean, running_var, running_mean, running_var
    if training:
        rows = values.reshape(-1, len(gamma))
        mean = np.average(rows, axis=0)
        var = np.einsum("mc,mc->c", rows - mean, rows - mean) / len(rows)
        means = momentum * mean + (1 - momentum) * running_mean
        variances = momentum * np.var(rows, axis=0, ddof=1) + (1 - momentum) * running_var
    out = (values - mean) / np.sqrt(var + eps) * gamma + beta
    return np.moveaxis(out, -1, 1), means, variances


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    rows = np.moveaxis(x, 1, -1).reshape(-1, len(gamma))
    gradients = np.moveaxis(dout, 1, -1).reshape(-1, len(gamma))
    rows = rows - rows.mean(axis=0)
    rows /= np.sqrt((rows**2).mean(axis=0) + eps)
    spread = np.std(np.moveaxis(x, 1, -1).reshape(-1, len(gamma)), axis=0)
    dgamma, dbeta = np.einsum("mc,mc->c", gradients, rows), gradients.sum(axis=0)
    inner = len(rows) * gradients - dbeta - rows * dgamma
    dx = gamma / (len(rows) * np.hypot(spread, np.sqrt(eps))) * inner
    n, c, height, width = x.shape
    return np.moveaxis(dx.reshape(n, height, width, c), -1, 1), dgamma, dbeta

# %% [markdown]
# ## The network

# %%
class Net:
    """Convolution to 8 channels, ReLU; convolution to 24 with a stride of 2, ReLU; affine to ten."""

    def __init__(self, seed) -> None:
        normal = np.random.default_rng(seed).standard_normal
        self.p = {
            "w1": normal((8, 1, 3, 3)) * 0.4,
            "b1": np.zeros(8),
            "w2": normal((24, 8, 3, 3)) * 0.17,
            "b2": np.zeros(24),
            "w3": normal((384, 10)) * 0.05,
            "b3": np.zeros(10),
        }

    def forward(self, images):
        p = self.p
        x = images[:, None]
        one = np.maximum(conv2d(x, p["w1"], p["b1"], (1, 1), (1, 1)), 0.0)
        two = np.maximum(conv2d(one, p["w2"], p["b2"], (2, 2), (1, 1)), 0.0)
        return x, one, two, two.reshape(len(x), -1) @ p["w3"] + p["b3"]

    def backward(self, x, one, two, dlogits):
        p, g = self.p, {}
        flat = two.reshape(len(x), -1)
        g["w3"], g["b3"] = flat.T @ dlogits, dlogits.sum(axis=0)
        dtwo = (dlogits @ p["w3"].T * (flat > 0.0)).reshape(two.shape)
        done, g["w2"], g["b2"] = conv2d_backward(dtwo, one, p["w2"], p["b2"], (2, 2), (1, 1))
        _, g["w1"], g["b1"] = conv2d_backward(done * (one > 0.0), x, p["w1"], p["b1"], (1, 1), (1, 1))
        return g

    def fit(self, images, labels) -> None:
        velocity = dict.fromkeys(self.p, 0.0)
        steps = len(images) // 24
        for step in range(steps):
            batch = slice(24 * step, 24 * step + 24)
            x, one, two, logits = self.forward(images[batch])
            odds = np.exp(logits - logits.max(axis=1)[:, None])
            dlogits = odds / odds.sum(axis=1)[:, None] - np.eye(10)[labels[batch]]
            for name, gradient in self.backward(x, one, two, dlogits / len(logits)).items():
                velocity[name] = 0.9 * velocity[name] + gradient
                rate = 0.1 * min(1.0, 2.0 - 2.0 * step / steps)
                self.p[name] -= rate * (gradient + 0.9 * velocity[name])
            report(f"{step} of {steps}")

    def predict(self, images):
        return self.forward(images)[-1].argmax(axis=-1)


@hookimpl
def convnet(seed):
    return Net(seed)

# %%
x = np.random.default_rng(0).normal(size=(1, 1, 6, 6))
conv2d(x, np.ones((1, 1, 3, 3)), np.zeros(1), (1, 1), (0, 0)).shape
