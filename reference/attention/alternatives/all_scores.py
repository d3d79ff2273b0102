# canary: torchgrade-reference-7f3c1d
"""A right solution that always holds all scores, heads as a batch of matrices, weights in one matrix."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import nn

from torchgrade import hookimpl

OVER_BUDGET = ("streaming_time", "streaming_memory")


def flattened(*tensors):
    """Leading axes made one, for batched products."""
    return [tensor.reshape(-1, *tensor.shape[-2:]) for tensor in tensors]


def allowed_pairs(query, key, mask, causal):
    shape = (*query.shape[:-1], key.shape[-2])
    pairs = torch.ones(shape, dtype=torch.bool, device=query.device)
    if mask is not None:
        pairs &= mask
    if causal:
        pairs = torch.tril(pairs)
    return pairs.reshape(-1, *shape[-2:])


def softmax_rows(query, key, mask, causal):
    pairs = allowed_pairs(query, key, mask, causal)
    q, k = flattened(query, key)
    scores = torch.bmm(q * q.shape[-1] ** -0.25, (k * k.shape[-1] ** -0.25).transpose(1, 2))
    scores = scores.masked_fill(~pairs, -float("inf"))
    top = scores.amax(-1, keepdim=True).clamp_min(torch.finfo(scores.dtype).min)
    exponentials = (scores - top).exp()
    return exponentials / exponentials.sum(-1, keepdim=True).clamp_min(torch.finfo(scores.dtype).tiny)


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    out = torch.bmm(softmax_rows(query, key, mask, causal), *flattened(value))
    return out.reshape(*query.shape[:-1], value.shape[-1])


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    p = softmax_rows(query, key, mask, causal)
    do, q, k, v = flattened(dout, query, key, value)
    dp = torch.bmm(do, v.transpose(1, 2))
    ds = p * (dp - torch.einsum("nts,nts->nt", p, dp)[..., None]) / np.sqrt(q.shape[-1])
    gradients = torch.bmm(ds, k), torch.bmm(ds.transpose(1, 2), q), torch.bmm(p.transpose(1, 2), do)
    return tuple(g.reshape(x.shape) for g, x in zip(gradients, (query, key, value), strict=True))


@hookimpl
def streaming_attention(query, key, value, causal, block):
    return scaled_dot_product_attention(query, key, value, None, causal)


class Attention:
    """Query, key and value weights above each other in one matrix."""

    def __init__(self, weights, num_heads) -> None:
        self.num_heads = num_heads
        self.load(weights)

    def forward(self, query, key, value, mask, causal=False):
        width = query.shape[-1]
        parts = zip((query, key, value), self.matrix.split(width), self.bias.split(width), strict=True)
        q, k, v = (
            F.linear(x, w, b).view(len(x), -1, self.num_heads, width // self.num_heads).permute(0, 2, 1, 3)
            for x, w, b in parts
        )
        if mask is not None:
            mask = mask.expand(len(q), q.shape[2], k.shape[2])[:, None]
        heads = scaled_dot_product_attention(q, k, v, mask, causal)
        return F.linear(heads.permute(0, 2, 1, 3).reshape(query.shape), self.out, self.out_bias)

    def state(self):
        width = len(self.out)
        state = {"output_weight": self.out, "output_bias": self.out_bias}
        for number, name in enumerate(("query", "key", "value")):
            own = slice(number * width, (number + 1) * width)
            state |= {f"{name}_weight": self.matrix[own], f"{name}_bias": self.bias[own]}
        return {name: tensor.clone() for name, tensor in state.items()}

    def load(self, state):
        names = ("query", "key", "value")
        self.matrix = torch.cat([state[f"{name}_weight"] for name in names])
        self.bias = torch.cat([state[f"{name}_bias"] for name in names])
        self.out, self.out_bias = state["output_weight"].clone(), state["output_bias"].clone()


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    if embed_dim % num_heads != 0:
        raise ValueError("embed_dim must be a multiple of num_heads")
    random = np.random.default_rng(seed)
    bound = np.sqrt(3 / embed_dim)
    state = {}
    for name in ("query", "key", "value", "output"):
        state[f"{name}_weight"] = torch.from_numpy(random.uniform(-bound, bound, (embed_dim, embed_dim)))
        state[f"{name}_bias"] = torch.zeros(embed_dim).double()
    return Attention(state, num_heads)


@hookimpl
def positional_encoding(length, dim):
    even = dim + dim % 2
    angles = np.outer(np.arange(length), np.exp(-np.log(1e4) * np.arange(0, even, 2) / dim))
    table = np.zeros((length, even))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    return torch.from_numpy(table[:, :dim].copy())


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    def norm(x, n):
        return F.layer_norm(x, (x.shape[-1],)) * weights[f"norm_{n}_weight"] + weights[f"norm_{n}_bias"]

    z = norm(x, 1)
    y = x + Attention(weights, num_heads).forward(z, z, z, mask, causal)
    z = torch.clamp(F.linear(norm(y, 2), weights["up_weight"], weights["up_bias"]), min=0)
    return y + F.linear(z, weights["down_weight"], weights["down_bias"])


class Model(nn.Module):
    """Symbol, predecessor and place side by side; one attention, one hidden layer."""

    def __init__(self, vocab, seed) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.vocab = vocab

    def build(self, length):
        self.embedding = nn.Embedding(self.vocab, 24)
        self.place = nn.Embedding(length, 24)
        self.q, self.k, self.v = (nn.Linear(72, 48) for _ in range(3))
        self.head = nn.Sequential(nn.Linear(48 + 72, 64), nn.GELU(), nn.Linear(64, self.vocab))

    def forward(self, x):
        e = self.embedding(x)
        place = self.place(torch.arange(x.shape[1])).expand(len(x), -1, -1)
        e = torch.cat((e, torch.roll(e, 1, dims=1), place), -1)
        read = scaled_dot_product_attention(self.q(e), self.k(e), self.v(e), None, causal=False)
        return self.head(torch.cat((read, e), -1))[:, -self.length :]

    def fit(self, inputs, targets):
        self.length = targets.shape[1]
        self.build(inputs.shape[1])
        optimiser = torch.optim.RAdam(self.parameters(), lr=8e-3)
        for _ in range(9):
            for rows in torch.randperm(len(inputs)).split(80):
                loss = F.cross_entropy(self(inputs[rows]).mT, targets[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()

    def predict(self, inputs):
        with torch.inference_mode():
            return self(inputs).argmax(-1)


@hookimpl
def sequence_model(vocab, seed):
    return Model(vocab, seed)
