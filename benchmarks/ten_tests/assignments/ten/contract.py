"""Five small functions on torch tensors of dtype float32."""

from __future__ import annotations

import torch

from torchgrade import hookspec


@hookspec(firstresult=True)
def linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Return ``x @ weight.T + bias``; shapes (N, D), (M, D), (M,)."""


@hookspec(firstresult=True)
def gelu(x: torch.Tensor) -> torch.Tensor:
    """Return the exact Gaussian error linear unit of x, elementwise."""


@hookspec(firstresult=True)
def layer_norm(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float) -> torch.Tensor:
    """Normalise the last axis of x (biased variance, eps inside the root), then scale and shift."""


@hookspec(firstresult=True)
def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of (N, C) logits and (N,) int64 labels."""


@hookspec(firstresult=True)
def attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Return softmax(query @ key.T / sqrt(D)) @ value; shapes (S, D), (T, D), (T, E)."""
