"""First make it right, then make it fast (I did not get to the second part)."""

import itertools

import numpy as np

from torchgrade import hookimpl


def sizes(shape, kernel, stride, padding):
    return [(shape[2 + a] + 2 * padding[a] - kernel[a]) // stride[a] + 1 for a in (0, 1)]


def indices(*counts):
    return itertools.product(*(range(count) for count in counts))


@hookimpl
def conv2d(x, weight, bias, stride, padding):
    n_images, _, height, width = x.shape
    filters, channels, kernel_rows, kernel_columns = weight.shape
    rows, columns = sizes(x.shape, weight.shape[2:], stride, padding)
    out = np.zeros((n_images, filters, rows, columns))
    for n, f, i, j in indices(n_images, filters, rows, columns):
        total = 0.0
        for u, v in indices(kernel_rows, kernel_columns):
            row, column = i * stride[0] + u - padding[0], j * stride[1] + v - padding[1]
            if 0 <= row < height and 0 <= column < width:
                for c in range(channels):
                    total += x[n, c, row, column] * weight[f, c, u, v]
        out[n, f, i, j] = total + bias[f]
    return out


@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    height, width = x.shape[2:]
    _, channels, kernel_rows, kernel_columns = weight.shape
    dx, dweight, dbias = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(bias.shape)
    for n, f, i, j in indices(*dout.shape):
        gradient = dout[n, f, i, j]
        dbias[f] += gradient
        for u, v in indices(kernel_rows, kernel_columns):
            row, column = i * stride[0] + u - padding[0], j * stride[1] + v - padding[1]
            if 0 <= row < height and 0 <= column < width:
                for c in range(channels):
                    dx[n, c, row, column] += gradient * weight[f, c, u, v]
                    dweight[f, c, u, v] += gradient * x[n, c, row, column]
    return dx, dweight, dbias


def maxima(x, kernel, stride, padding):
    """Return the largest entry of each window and where it is."""
    rows, columns = sizes(x.shape, kernel, stride, padding)
    values = np.zeros((*x.shape[:2], rows, columns))
    places = np.zeros((*values.shape, 2), dtype=int)
    for n, c, i, j in indices(*values.shape):
        best = -np.inf
        for u, v in indices(*kernel):
            row, column = i * stride[0] + u - padding[0], j * stride[1] + v - padding[1]
            inside = 0 <= row < x.shape[2] and 0 <= column < x.shape[3]
            if inside and x[n, c, row, column] > best:
                best = x[n, c, row, column]
                places[n, c, i, j] = row, column
        values[n, c, i, j] = best
    return values, places


@hookimpl
def max_pool2d(x, kernel, stride, padding):
    return maxima(x, kernel, stride, padding)[0]


@hookimpl
def max_pool2d_backward(dout, x, kernel, stride, padding):
    dx = np.zeros(x.shape)
    _, places = maxima(x, kernel, stride, padding)
    for n, c, i, j in indices(*dout.shape):
        row, column = places[n, c, i, j]
        dx[n, c, row, column] += dout[n, c, i, j]
    return dx


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    out = np.zeros(x.shape)
    new_mean, new_var = running_mean.copy(), running_var.copy()
    for c in range(x.shape[1]):
        values = x[:, c].ravel()
        mean, var = running_mean[c], running_var[c]
        if training:
            mean = sum(values) / len(values)
            squares = sum((value - mean) ** 2 for value in values)
            var = squares / len(values)
            new_mean[c] += momentum * (mean - running_mean[c])
            new_var[c] += momentum * (squares / (len(values) - 1) - running_var[c])
        out[:, c] = (x[:, c] - mean) / (var + eps) ** 0.5 * gamma[c] + beta[c]
    return out, new_mean, new_var


@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = np.zeros(x.shape), np.zeros(gamma.shape), np.zeros(gamma.shape)
    for c in range(x.shape[1]):
        values, gradients = x[:, c].ravel(), dout[:, c].ravel()
        count = len(values)
        mean = sum(values) / count
        centred = values - mean
        root = (sum(centred**2) / count + eps) ** 0.5
        dbeta[c] = sum(gradients)
        dgamma[c] = sum(gradients * centred) / root
        # By way of the variance, by way of the mean, and directly.
        dvar = sum(gradients * centred) * gamma[c] * -0.5 / root**3
        dmean = -sum(gradients) * gamma[c] / root - 2.0 * dvar * sum(centred) / count
        each = gradients * gamma[c] / root + dvar * 2.0 * centred / count + dmean / count
        dx[:, c] = each.reshape(x[:, c].shape)
    return dx, dgamma, dbeta


class Convnet:
    """One convolution of 3 x 3 to 16 channels, ReLU, pooling, and a hidden layer of 64."""

    def __init__(self, seed) -> None:
        self.random = np.random.default_rng(seed)
        draw = self.random.normal
        self.kernels = draw(0.0, 0.4, (9, 16))
        self.kernel_bias = np.zeros(16)
        self.hidden = draw(0.0, 0.09, (256, 64))
        self.hidden_bias = np.zeros(64)
        self.last = draw(0.0, 0.12, (64, 10))
        self.last_bias = np.zeros(10)

    def weights(self):
        return [self.kernels, self.kernel_bias, self.hidden, self.hidden_bias, self.last, self.last_bias]

    def patches(self, images):
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
        return np.stack([padded[:, u : u + 8, v : v + 8] for u, v in indices(3, 3)], axis=-1)

    def forward(self, images):
        patches = self.patches(images)
        convolved = np.maximum(patches @ self.kernels + self.kernel_bias, 0.0)
        blocks = convolved.reshape(-1, 4, 2, 4, 2, 16).swapaxes(2, 3).reshape(-1, 4, 4, 4, 16)
        winners = blocks.argmax(axis=3)
        pooled = blocks.max(axis=3).reshape(len(images), 256)
        hidden = np.maximum(pooled @ self.hidden + self.hidden_bias, 0.0)
        return patches, convolved, winners, pooled, hidden, hidden @ self.last + self.last_bias

    def gradients(self, images, labels):
        patches, convolved, winners, pooled, hidden, logits = self.forward(images)
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(labels)), labels] -= 1.0
        p /= len(labels)
        dhidden = (p @ self.last.T) * (hidden > 0.0)
        dpooled = (dhidden @ self.hidden.T).reshape(-1, 4, 4, 1, 16)
        dblocks = dpooled * (np.arange(4)[:, None] == winners[:, :, :, None])
        dconvolved = dblocks.reshape(-1, 4, 4, 2, 2, 16).swapaxes(2, 3).reshape(-1, 8, 8, 16)
        dconvolved = (dconvolved * (convolved > 0.0)).reshape(-1, 16)
        flat = patches.reshape(-1, 9)
        of_kernels = [flat.T @ dconvolved, dconvolved.sum(axis=0)]
        return [*of_kernels, pooled.T @ dhidden, dhidden.sum(axis=0), hidden.T @ p, p.sum(axis=0)]

    def fit(self, images, labels) -> None:
        velocities = [np.zeros_like(weight) for weight in self.weights()]
        batches = range(0, len(images), 24)
        for number, start in enumerate(batches):
            rate = 0.12 * (1.0 - number / len(batches))
            gradients = self.gradients(images[start : start + 24], labels[start : start + 24])
            velocities = [0.9 * v + g for v, g in zip(velocities, gradients, strict=True)]
            for weight, velocity in zip(self.weights(), velocities, strict=True):
                np.subtract(weight, rate * velocity, out=weight)

    def predict(self, images):
        return np.argmax(self.forward(images)[-1], axis=1)


@hookimpl
def convnet(seed):
    return Convnet(seed)
