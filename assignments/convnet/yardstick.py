"""A workload of about the same operations as a good solution, with none of its answers.

Where there is no reference to compare with, time and memory are compared with this, and converted by
what ``yardstick.toml`` says. Its numbers mean nothing: it copies as much as there is to copy, in pieces of
the same sizes, and multiplies matrices of the sizes that occur.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from torchgrade import hookimpl


@hookimpl
def conv2d(x: Any, weight: Any, bias: Any, stride: Any, padding: Any) -> Any:
    """Some copies of the images side by side, and one product with the weights."""
    entries = weight[0].size
    rows = _repeat(x, entries // x.shape[1])
    product = rows.reshape(-1, entries) @ weight.reshape(-1, entries).T
    return np.ascontiguousarray(product.T) + bias[:, None]


@hookimpl
def conv2d_backward(dout: Any, x: Any, weight: Any, bias: Any, stride: Any, padding: Any) -> tuple[Any, ...]:
    """Two products and as many copies, and what was multiplied added up piece by piece."""
    entries, filters = weight[0].size, len(weight)
    gradient = np.ascontiguousarray(dout.transpose(1, 0, 2, 3)).reshape(filters, -1)
    places = gradient.shape[1]
    rows = _repeat(x[:, :, :: stride[0], :: stride[1]], entries // x.shape[1]).reshape(places, entries)
    first = gradient @ rows
    second = (weight.reshape(filters, entries).T @ gradient).reshape(entries // x.shape[1], -1)
    total = np.zeros((*x.shape[:2], x.shape[2] + 2, x.shape[3] + 2))
    part = total[:, :, : dout.shape[2] * stride[0] : stride[0], : dout.shape[3] * stride[1] : stride[1]]
    for piece in second:
        part += piece.reshape(x.shape[1], x.shape[0], *dout.shape[2:]).transpose(1, 0, 2, 3)
    return total[:, :, 1:-1, 1:-1].copy(), first, gradient.sum(axis=1) + bias


def _repeat(x: Any, times: int) -> Any:
    """Return ``times`` copies of the images, the channels moved to the end, side by side."""
    n, channels, height, width = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))[:, :, :height, :width]
    wide = np.broadcast_to(padded.transpose(0, 2, 3, 1)[..., None], (n, height, width, channels, times))
    return np.ascontiguousarray(wide)
