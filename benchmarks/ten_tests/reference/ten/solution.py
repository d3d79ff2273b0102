"""The five functions, written out."""

from __future__ import annotations

import math

import torch

from torchgrade import hookimpl


@hookimpl
def linear(x, weight, bias):
    return x @ weight.T + bias


@hookimpl
def gelu(x):
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


@hookimpl
def layer_norm(x, weight, bias, eps):
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return centred / torch.sqrt(variance + eps) * weight + bias


@hookimpl
def cross_entropy(logits, labels):
    shifted = logits - logits.max(dim=1, keepdim=True).values
    log_probabilities = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    return -log_probabilities[torch.arange(len(labels)), labels].mean()


@hookimpl
def attention(query, key, value):
    scores = query @ key.T / math.sqrt(query.shape[1])
    return torch.softmax(scores, dim=1) @ value
