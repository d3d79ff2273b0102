"""Three cases for each function, small or a little larger."""

from __future__ import annotations

import numpy as np
import torch

from torchgrade.testing import Case


def _tensor(draw, *shape):
    return torch.from_numpy(draw.normal(*shape).astype(np.float32))


def _sizes(draw, scale):
    return [draw.sizes(4, 2, 9 * scale) for _ in range(3)]


def linear(draw, scale):
    return [
        Case("matrix", x=_tensor(draw, n, d), weight=_tensor(draw, m, d), bias=_tensor(draw, m))
        for n, d, m, _ in _sizes(draw, scale)
    ]


def gelu(draw, scale):
    return [Case("matrix", x=_tensor(draw, n, d)) for n, d, _, _ in _sizes(draw, scale)]


def layer_norm(draw, scale):
    return [
        Case("matrix", x=_tensor(draw, n, d), weight=_tensor(draw, d), bias=_tensor(draw, d), eps=1e-5)
        for n, d, _, _ in _sizes(draw, scale)
    ]


def cross_entropy(draw, scale):
    return [
        Case("matrix", logits=_tensor(draw, n, c), labels=torch.from_numpy(draw.labels(n, c)))
        for n, c, _, _ in _sizes(draw, scale)
    ]


def attention(draw, scale):
    return [
        Case("one head", query=_tensor(draw, s, d), key=_tensor(draw, t, d), value=_tensor(draw, t, e))
        for s, t, d, e in _sizes(draw, scale)
    ]
