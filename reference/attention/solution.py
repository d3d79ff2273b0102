# canary: torchgrade-reference-7f3c1d
"""Attention by hand: the model solution.

Larger parts take the smaller ones (attention itself, splitting and merging of heads, normalisation) as
arguments, so that each can be replaced.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from torchgrade import hookimpl, report

Attend = Callable[[Tensor, Tensor, Tensor, Tensor | None, bool], Tensor]

PROJECTIONS = ("query", "key", "value", "output")


def permitted(
    mask: Tensor | None, queries: int, keys: int, *, causal: bool, device: torch.device | None = None
) -> Tensor | None:
    """Return where a query may attend to a key, from both conditions; None permits all."""
    if not causal:
        return mask
    triangle = torch.ones(queries, keys, dtype=torch.bool, device=device).tril()
    return triangle if mask is None else mask & triangle


def attention_weights(query: Tensor, key: Tensor, mask: Tensor | None, *, causal: bool) -> Tensor:
    """Return the weights (..., T, S) of the keys for each query, zeros for what is not permitted."""
    scores = (query / math.sqrt(query.shape[-1])) @ key.mT
    allowed = permitted(mask, query.shape[-2], key.shape[-2], causal=causal, device=query.device)
    if allowed is None:
        return scores.softmax(dim=-1)
    weights = scores.masked_fill(~allowed, -math.inf).softmax(dim=-1)
    # Where nothing is permitted the softmax is 0 / 0.
    return weights.masked_fill(~allowed, 0.0)


@hookimpl
def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool
) -> Tensor:
    return attention_weights(query, key, mask, causal=causal) @ value


@hookimpl
def attention_backward(
    dout: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool
) -> tuple[Tensor, Tensor, Tensor]:
    weights = attention_weights(query, key, mask, causal=causal)
    out = weights @ value
    # Of a softmax: weights * (dweights - sum(weights * dweights)), and that sum is dout . out.
    dscores = dout @ value.mT
    dscores -= (dout * out).sum(dim=-1, keepdim=True)
    dscores *= weights
    scale = 1.0 / math.sqrt(query.shape[-1])
    return (dscores @ key) * scale, dscores.mT @ query * scale, weights.mT @ dout


@hookimpl
def streaming_attention(query: Tensor, key: Tensor, value: Tensor, causal: bool, block: int) -> Tensor:
    queries, keys = query.shape[-2], key.shape[-2]
    scaled = query / math.sqrt(query.shape[-1])
    largest = query.new_full((*query.shape[:-1], 1), -math.inf)
    total = torch.zeros_like(largest)
    out = query.new_zeros((*query.shape[:-1], value.shape[-1]))
    room = query.new_empty((*query.shape[:-1], min(block, keys)))  # one for the scores of all blocks
    for start in range(0, min(keys, queries) if causal else keys, block):
        stop = min(start + block, keys)
        scores = torch.matmul(scaled, key[..., start:stop, :].mT, out=room[..., : stop - start])
        if causal:
            later = torch.arange(start, stop) > torch.arange(queries)[:, None]
            scores.masked_fill_(later, -math.inf)
        # Key 0 is permitted to all and in the first block: from then on this is finite.
        higher = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction = torch.exp(largest - higher)
        weights = scores.sub_(higher).exp_()
        total = total * correction + weights.sum(dim=-1, keepdim=True)
        out *= correction
        out += weights @ value[..., start:stop, :]
        largest = higher
    out /= total
    return out


def split_heads(x: Tensor, num_heads: int) -> Tensor:
    """Return (N, H, T, E / H) of (N, T, E)."""
    rows, length, width = x.shape
    return x.reshape(rows, length, num_heads, width // num_heads).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """Return (N, T, E) of (N, H, T, E / H)."""
    return x.transpose(1, 2).flatten(2)


def mask_for_heads(mask: Tensor | None) -> Tensor | None:
    """Let a mask of (N, T, S) be the same for all heads; those with fewer axes are so already."""
    return mask.unsqueeze(1) if mask is not None and mask.ndim == 3 else mask


def linear(x: Tensor, weights: Mapping[str, Tensor], name: str) -> Tensor:
    """Apply one affine map of a dictionary."""
    return x @ weights[f"{name}_weight"].mT + weights[f"{name}_bias"]


def multi_head(
    weights: Mapping[str, Tensor],
    num_heads: int,
    inputs: Sequence[Tensor],
    mask: Tensor | None,
    causal: bool,
    *,
    attend: Attend = scaled_dot_product_attention,
    split: Callable[[Tensor, int], Tensor] = split_heads,
    merge: Callable[[Tensor], Tensor] = merge_heads,
    project: Callable[[Tensor, Mapping[str, Tensor], str], Tensor] = linear,
    spread: Callable[[Tensor | None], Tensor | None] = mask_for_heads,
) -> Tensor:
    """Return multi-head attention of ``inputs`` (query, key, value), built from these parts."""
    query, key, value = (
        split(project(x, weights, name), num_heads) for x, name in zip(inputs, PROJECTIONS[:3], strict=True)
    )
    return project(merge(attend(query, key, value, spread(mask), causal)), weights, "output")


class MultiHeadAttention:
    """The module of the contract.

    Args:
        heads: what takes the place of ``multi_head``.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, seed: int, heads: Callable[..., Tensor] = multi_head
    ) -> None:
        if embed_dim % num_heads:
            raise ValueError(f"{num_heads} heads cannot share {embed_dim} columns evenly")
        self.num_heads = num_heads
        self.heads = heads
        generator = torch.Generator().manual_seed(seed)
        bound = math.sqrt(3.0 / embed_dim)
        self.weights: dict[str, Tensor] = {}
        for name in PROJECTIONS:
            drawn = torch.rand(embed_dim, embed_dim, generator=generator, dtype=torch.float64)
            self.weights[f"{name}_weight"] = (2.0 * drawn - 1.0) * bound
            self.weights[f"{name}_bias"] = torch.zeros(embed_dim, dtype=torch.float64)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """Return (N, T, E)."""
        return self.heads(self.weights, self.num_heads, (query, key, value), mask, False)

    def state(self) -> dict[str, Tensor]:
        """Return copies of all weights."""
        return {name: tensor.clone() for name, tensor in self.weights.items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take copies of all weights."""
        self.weights = {name: state[name].clone() for name in self.weights}


@hookimpl
def multi_head_attention(embed_dim: int, num_heads: int, seed: int) -> MultiHeadAttention:
    return MultiHeadAttention(embed_dim, num_heads, seed)


@hookimpl
def positional_encoding(length: int, dim: int) -> Tensor:
    positions = torch.arange(length, dtype=torch.float64)[:, None]
    rates = torch.pow(10_000.0, -torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    angles = positions * rates
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)[:, :dim]


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Normalise the last axis."""
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return centred / torch.sqrt(variance + 1e-5) * weight + bias


def block_output(
    x: Tensor,
    weights: Mapping[str, Tensor],
    num_heads: int,
    mask: Tensor | None,
    causal: bool,
    *,
    heads: Callable[..., Tensor] = multi_head,
    norm: Callable[[Tensor, Tensor, Tensor], Tensor] = layer_norm,
) -> Tensor:
    """Return a pre-norm block's output, built from these parts."""
    z = norm(x, weights["norm_1_weight"], weights["norm_1_bias"])
    y = x + heads(weights, num_heads, (z, z, z), mask, causal)
    z = norm(y, weights["norm_2_weight"], weights["norm_2_bias"])
    return y + linear(linear(z, weights, "up").relu(), weights, "down")


@hookimpl
def transformer_block(
    x: Tensor, weights: Mapping[str, Tensor], num_heads: int, mask: Tensor | None, causal: bool
) -> Tensor:
    return block_output(x, weights, num_heads, mask, causal)


class Network(nn.Module):
    """One layer of attention over symbols, each of which knows its place and its predecessor."""

    def __init__(self, vocab: int, length: int, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.symbols = nn.Embedding(vocab, width)
        self.places = nn.Parameter(0.5 * torch.randn(length, width))
        # "The one after k" takes two looks: for k, then one further. With its predecessor beside it, a
        # symbol can be found by it in one.
        self.with_predecessor = nn.Linear(2 * width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.projections = nn.ModuleDict({name: nn.Linear(width, width) for name in PROJECTIONS})
        self.feed_forward = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.logits = nn.Linear(width, vocab)

    def forward(self, inputs: Tensor, outputs: int) -> Tensor:
        """Return logits (N, U, vocab) of the last U places."""
        symbols = self.symbols(inputs)
        before = functional.pad(symbols, (0, 0, 1, 0))[:, :-1]
        x = self.with_predecessor(torch.cat((symbols, before), dim=-1)) + self.places
        z = self.norms[0](x)
        query, key, value = (
            split_heads(self.projections[name](z), self.num_heads) for name in PROJECTIONS[:3]
        )
        x = x + self.projections["output"](
            merge_heads(scaled_dot_product_attention(query, key, value, None, causal=False))
        )
        x = x[:, -outputs:]
        x = x + self.feed_forward(self.norms[1](x))
        logits: Tensor = self.logits(self.norms[2](x))
        return logits


class SequenceModel:
    """Trains the network by Adam, with a learning rate that rises and falls."""

    STEPS = 300
    BATCH = 64

    def __init__(self, vocab: int, seed: int) -> None:
        self.vocab = vocab
        self.seed = seed

    def fit(self, inputs: Tensor, targets: Tensor) -> None:
        """Train on shuffled batches."""
        torch.manual_seed(self.seed)
        self.outputs = targets.shape[1]
        self.network = Network(self.vocab, inputs.shape[1], width=32, num_heads=2)
        optimiser = torch.optim.Adam(self.network.parameters(), lr=1e-2)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=1e-2, total_steps=self.STEPS)
        passes = math.ceil(self.STEPS * self.BATCH / len(inputs))
        order = torch.cat([torch.randperm(len(inputs)) for _ in range(passes)])
        for step, (start, stop) in enumerate(pairwise(range(0, (self.STEPS + 1) * self.BATCH, self.BATCH))):
            rows = order[start:stop]
            logits = self.network(inputs[rows], self.outputs)
            loss = functional.cross_entropy(logits.flatten(0, 1), targets[rows].flatten())
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
            if step % 50 == 0:
                report(f"step {step} of {self.STEPS}: loss {loss.item():.3f}")

    def predict(self, inputs: Tensor) -> Any:
        """Return the most probable symbol at each place."""
        with torch.no_grad():
            return self.network(inputs, self.outputs).argmax(dim=-1)


@hookimpl
def sequence_model(vocab: int, seed: int) -> SequenceModel:
    return SequenceModel(vocab, seed)
