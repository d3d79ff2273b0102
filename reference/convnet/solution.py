# canary: torchgrade-reference-7f3c1d
"""A convolutional network by hand: the model solution.

Windows are a view of the padded images (no copy); one product of matrices then does the work of each pass.
The functions with defaults take their parts as arguments, so that each can be replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from torchgrade import hookimpl, report

Array = np.ndarray[Any, np.dtype[np.float64]]
Labels = np.ndarray[Any, np.dtype[np.int64]]
Pair = tuple[int, int]

BATCH = 32
LEARNING_RATE = 0.01


def pad(x: Array, padding: Pair, value: float = 0.0) -> Array:
    """Return images with a border of ``value``."""
    (rows, columns) = padding
    return np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)), constant_values=value)


def unpad(padded: Array, padding: Pair) -> Array:
    """Return images without their border."""
    rows, columns = padding
    return padded[:, :, rows : padded.shape[2] - rows, columns : padded.shape[3] - columns]


def windows(padded: Array, kernel: Pair, stride: Pair) -> Array:
    """Return a view of all windows, shape (N, C, OH, OW, KH, KW)."""
    return sliding_window_view(padded, kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]


def scatter(shares: Array, shape: tuple[int, ...], stride: Pair) -> Array:
    """Add up what the windows give to each entry of padded images: the transpose of ``windows``.

    Args:
        shares: shape (N, C, OH, OW, KH, KW).
        shape: of the padded images.
        stride: as in ``conv2d``.
    """
    total = np.zeros(shape)
    out_rows, out_columns, kernel_rows, kernel_columns = shares.shape[2:]
    for u in range(kernel_rows):
        for v in range(kernel_columns):
            rows = slice(u, u + stride[0] * out_rows, stride[0])
            columns = slice(v, v + stride[1] * out_columns, stride[1])
            total[:, :, rows, columns] += shares[..., u, v]
    return total


@hookimpl
def conv2d(x: Array, weight: Array, bias: Array, stride: Pair, padding: Pair) -> Array:
    seen = windows(pad(x, padding), weight.shape[2:], stride)
    out = np.tensordot(seen, weight, axes=((1, 4, 5), (1, 2, 3))) + bias  # (N, OH, OW, F)
    return np.ascontiguousarray(out.transpose(0, 3, 1, 2))


@hookimpl
def conv2d_backward(
    dout: Array, x: Array, weight: Array, bias: Array, stride: Pair, padding: Pair
) -> tuple[Array, Array, Array]:
    padded = pad(x, padding)
    seen = windows(padded, weight.shape[2:], stride)
    dweight = np.tensordot(dout, seen, axes=((0, 2, 3), (0, 2, 3)))
    dpadded = gradient_of_padded(dout, weight, padded.shape, stride)
    return unpad(dpadded, padding).copy(), dweight, dout.sum(axis=(0, 2, 3))


def gradient_of_padded(
    dout: Array,
    weight: Array,
    shape: tuple[int, ...],
    stride: Pair,
    *,
    collect: Callable[..., Array] = scatter,
) -> Array:
    """Return the gradient of the padded images of a convolution, of ``shape``."""
    shares = np.tensordot(weight, dout, axes=(0, 1))  # (C, KH, KW, N, OH, OW)
    return collect(shares.transpose(3, 0, 4, 5, 1, 2), shape, stride)


def flat_windows(x: Array, kernel: Pair, stride: Pair, padding: Pair) -> Array:
    """Return the windows of a pooling layer with their entries in one axis, row by row: (N, C, OH, OW, K)."""
    seen = windows(pad(x, padding, -np.inf), kernel, stride)
    return seen.reshape(*seen.shape[:4], -1)


@hookimpl
def max_pool2d(x: Array, kernel: Pair, stride: Pair, padding: Pair) -> Array:
    return np.asarray(flat_windows(x, kernel, stride, padding).max(axis=-1))


def first_maximum(entries: Array) -> Array:
    """Return 1 at the first maximum along the last axis and 0 elsewhere."""
    chosen = np.zeros(entries.shape)
    np.put_along_axis(chosen, entries.argmax(axis=-1, keepdims=True), 1.0, axis=-1)
    return chosen


def pool_backward(
    dout: Array,
    x: Array,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    *,
    choose: Callable[[Array], Array] = first_maximum,
    collect: Callable[..., Array] = scatter,
) -> Array:
    """Return the gradient of max pooling.

    Args:
        dout: as in the contract.
        x: as in the contract.
        kernel: as in the contract.
        stride: as in the contract.
        padding: as in the contract.
        choose: makes of the windows' entries what share of the gradient each gets.
        collect: brings the shares of all windows together.
    """
    entries = flat_windows(x, kernel, stride, padding)
    shares = choose(entries) * dout[..., None]
    padded_shape = (*x.shape[:2], x.shape[2] + 2 * padding[0], x.shape[3] + 2 * padding[1])
    total = collect(shares.reshape(*dout.shape, *kernel), padded_shape, stride)
    return unpad(total, padding).copy()


@hookimpl
def max_pool2d_backward(dout: Array, x: Array, kernel: Pair, stride: Pair, padding: Pair) -> Array:
    return pool_backward(dout, x, kernel, stride, padding)


def per_channel(values: Array) -> Array:
    """Return an array of shape (C,) so that it broadcasts against images."""
    return values[:, None, None]


@hookimpl
def batch_norm2d(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Array, Array, Array]:
    if not training:
        return (
            normalise(x, running_mean, running_var, gamma, beta, eps),
            running_mean.copy(),
            running_var.copy(),
        )
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    count = x.size // x.shape[1]
    new_mean = (1.0 - momentum) * running_mean + momentum * mean
    new_var = (1.0 - momentum) * running_var + momentum * var * count / (count - 1)
    return normalise(x, mean, var, gamma, beta, eps), new_mean, new_var


def normalise(x: Array, mean: Array, var: Array, gamma: Array, beta: Array, eps: float) -> Array:
    """Return ``gamma * (x - mean) / sqrt(var + eps) + beta``, channel by channel."""
    # The mean is taken off first: merged into one factor and one offset, large means would cost digits.
    scaled = (x - per_channel(mean)) * per_channel(gamma / np.sqrt(var + eps))
    return scaled + per_channel(beta)


@hookimpl
def batch_norm2d_backward(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    axes = (0, 2, 3)
    spread = np.sqrt(x.var(axis=axes) + eps)
    normal = (x - per_channel(x.mean(axis=axes))) / per_channel(spread)
    dbeta = dout.sum(axis=axes)
    dgamma = (dout * normal).sum(axis=axes)
    count = x.size // x.shape[1]
    # What the mean and the variance of the batch pass on is the same for all of a channel, and proportional
    # to the normalised value.
    centred = dout - per_channel(dbeta / count) - normal * per_channel(dgamma / count)
    return centred * per_channel(gamma / spread), dgamma, dbeta


class Adam:
    """Adam (Kingma and Ba 2015), in place, for a dictionary of arrays."""

    def __init__(self, parameters: dict[str, Array]) -> None:
        self._parameters = parameters
        self._first = {name: np.zeros_like(value) for name, value in parameters.items()}
        self._second = {name: np.zeros_like(value) for name, value in parameters.items()}
        self._steps = 0

    def step(self, gradients: dict[str, Array], rate: float) -> None:
        """Move every parameter against its gradient."""
        self._steps += 1
        rate *= np.sqrt(1.0 - 0.999**self._steps) / (1.0 - 0.9**self._steps)
        for name, gradient in gradients.items():
            first, second = self._first[name], self._second[name]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient * gradient - second)
            self._parameters[name] -= rate * first / (np.sqrt(second) + 1e-8)


class Block:
    """Convolution of 3 x 3, batch normalisation, rectifier, and max pooling of 2 x 2.

    Attributes:
        parameters: all that is learned, by name.
    """

    def __init__(
        self, inputs: int, outputs: int, generator: np.random.Generator, norm: Callable[..., Any]
    ) -> None:
        spread = np.sqrt(2.0 / (9 * inputs))
        self.parameters: dict[str, Array] = {
            "weight": generator.standard_normal((outputs, inputs, 3, 3)) * spread,
            "bias": np.zeros(outputs),
            "gamma": np.ones(outputs),
            "beta": np.zeros(outputs),
        }
        self._mean, self._var = np.zeros(outputs), np.ones(outputs)
        self._norm = norm
        self._kept: tuple[Array, Array, Array] | None = None

    def forward(self, x: Array, *, training: bool) -> Array:
        """Return the block's output, shape (N, F, H // 2, W // 2)."""
        p = self.parameters
        convolved = conv2d(x, p["weight"], p["bias"], (1, 1), (1, 1))
        normal, self._mean, self._var = self._norm(
            convolved, p["gamma"], p["beta"], self._mean, self._var, training, 0.1, 1e-5
        )
        if training:
            self._kept = x, convolved, normal
        return max_pool2d(np.maximum(normal, 0.0), (2, 2), (2, 2), (0, 0))

    def backward(self, dout: Array) -> tuple[Array, dict[str, Array]]:
        """Return the gradients of the input and of the parameters."""
        assert self._kept is not None
        x, convolved, normal = self._kept
        p = self.parameters
        drectified = max_pool2d_backward(dout, np.maximum(normal, 0.0), (2, 2), (2, 2), (0, 0))
        dnormal = drectified * (normal > 0.0)
        dconvolved, dgamma, dbeta = batch_norm2d_backward(dnormal, convolved, p["gamma"], 1e-5)
        dx, dweight, dbias = conv2d_backward(dconvolved, x, p["weight"], p["bias"], (1, 1), (1, 1))
        return dx, {"weight": dweight, "bias": dbias, "gamma": dgamma, "beta": dbeta}


class Classifier:
    """Two blocks and an affine layer: (1, 8, 8) to (12, 4, 4) to (24, 2, 2) to ten logits.

    Args:
        seed: of the initial weights.
        norm: the batch normalisation of its blocks.
    """

    def __init__(self, seed: int, norm: Callable[..., Any] = batch_norm2d) -> None:
        generator = np.random.default_rng(seed)
        self._blocks = [Block(1, 12, generator, norm), Block(12, 24, generator, norm)]
        self._affine: dict[str, Array] = {
            "weight": generator.standard_normal((96, 10)) / np.sqrt(96),
            "bias": np.zeros(10),
        }

    def fit(self, images: Array, labels: Labels) -> None:
        """Go through the stream once, in mini-batches, the learning rate falling as half a cosine wave."""
        layers = [self._affine, *(block.parameters for block in self._blocks)]
        optimisers = [Adam(parameters) for parameters in layers]
        starts = range(0, len(images), BATCH)
        for step, start in enumerate(starts):
            batch = slice(start, start + BATCH)
            loss, gradients = self._gradients(images[batch], labels[batch])
            rate = 0.5 * LEARNING_RATE * (1.0 + np.cos(np.pi * step / len(starts)))
            for optimiser, layer in zip(optimisers, gradients, strict=True):
                optimiser.step(layer, rate)
            report(f"step {step + 1} of {len(starts)}: loss {loss:.3f}")

    def predict(self, images: Array) -> Labels:
        """Return the most likely digits."""
        logits, _ = self._forward(images, training=False)
        return np.asarray(logits.argmax(axis=1))

    def _forward(self, images: Array, *, training: bool) -> tuple[Array, Array]:
        x = images[:, None]
        for block in self._blocks:
            x = block.forward(x, training=training)
        features = x.reshape(len(x), -1)
        return features @ self._affine["weight"] + self._affine["bias"], features

    def _gradients(self, images: Array, labels: Labels) -> tuple[float, list[dict[str, Array]]]:
        """Return the mean cross-entropy of a batch, and the gradients of the affine layer and each block."""
        logits, features = self._forward(images, training=True)
        rows = np.arange(len(labels))
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        dlogits = np.exp(log_probabilities)
        dlogits[rows, labels] -= 1.0
        dlogits /= len(labels)
        gradients = [{"weight": features.T @ dlogits, "bias": dlogits.sum(axis=0)}]
        dout = (dlogits @ self._affine["weight"].T).reshape(len(labels), -1, 2, 2)
        of_blocks = []
        for block in reversed(self._blocks):
            dout, of_block = block.backward(dout)
            of_blocks.append(of_block)
        return float(-log_probabilities[rows, labels].mean()), gradients + of_blocks[::-1]


@hookimpl
def convnet(seed: int) -> Classifier:
    return Classifier(seed)
