# canary: torchgrade-reference-7f3c1d
"""A right solution in torch's own modules: linear layers, einsum, automatic differentiation."""

import torch
from torch import nn
from torch.nn import functional

from torchgrade import hookimpl

NAMES = ("query", "key", "value", "output")


def hidden(mask, causal, queries, keys, device):
    """Where a query must not look; one that must not look anywhere is told too."""
    away = torch.zeros(queries, keys, dtype=torch.bool, device=device)
    if causal:
        away = torch.arange(keys, device=device) > torch.arange(queries, device=device).unsqueeze(-1)
    if mask is not None:
        away = away.logical_or(mask.logical_not())
    return away, away.all(dim=-1, keepdim=True)


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    scores = torch.einsum("...te,...se->...ts", query, key).div(query.shape[-1] ** 0.5)
    away, nowhere = hidden(mask, causal, query.shape[-2], key.shape[-2], query.device)
    # A row that is all hidden stays as it is, so that neither its softmax nor its gradient is NaN.
    scores = torch.where(away & ~nowhere, float("-inf"), scores)
    weights = functional.softmax(scores, dim=-1) * ~nowhere
    return torch.einsum("...ts,...sv->...tv", weights, value)


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    with torch.enable_grad():
        q, k, v = (tensor.detach().clone().requires_grad_() for tensor in (query, key, value))
        out = scaled_dot_product_attention(q, k, v, mask, causal)
        return torch.autograd.grad(out, (q, k, v), dout)


class MultiHead(nn.Module):
    """Four linear layers."""

    def __init__(self, width, heads) -> None:
        super().__init__()
        if width % heads != 0:
            raise ValueError("the heads must share the columns evenly")
        self.heads = heads
        for name in NAMES:
            layer = nn.Linear(width, width, dtype=torch.float64)
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
            self.add_module(name, layer)

    def forward(self, query, key, value, mask=None, causal=False):
        def heads_of(layer, x):
            return torch.stack(layer(x).chunk(self.heads, dim=-1), dim=1)

        if mask is not None:
            while mask.dim() < 3:
                mask = mask.unsqueeze(0)
            mask = mask.unsqueeze(1)
        parts = zip(NAMES, (query, key, value), strict=False)
        q, k, v = (heads_of(self.get_submodule(name), x) for name, x in parts)
        out = scaled_dot_product_attention(q, k, v, mask, causal)
        return self.get_submodule("output")(torch.cat(out.unbind(dim=1), dim=-1))

    def state(self):
        return {
            f"{name}_{part}": getattr(self, name).get_parameter(part).detach().clone()
            for name in NAMES
            for part in ("weight", "bias")
        }

    @torch.no_grad()
    def load(self, state):
        for name in NAMES:
            for part in ("weight", "bias"):
                getattr(self, name).get_parameter(part).copy_(state[f"{name}_{part}"])


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    torch.manual_seed(seed)
    return MultiHead(embed_dim, num_heads)


@hookimpl
def streaming_attention(query, key, value, causal, block):
    # Keeps the logarithm of the sum, and mixes what there is with the block's own attention.
    total = torch.full(query.shape[:-1], -torch.inf, dtype=query.dtype)
    out = torch.zeros(*query.shape[:-1], value.shape[-1], dtype=query.dtype)
    number = 0
    for keys, values in zip(key.split(block, dim=-2), value.split(block, dim=-2), strict=True):
        scores = torch.einsum("...te,...se->...ts", query, keys).div_(query.shape[-1] ** 0.5)
        if causal:
            ahead = torch.arange(number, number + keys.shape[-2]) > torch.arange(query.shape[-2]).unsqueeze(
                -1
            )
            scores.masked_fill_(ahead, -torch.inf)
        number += keys.shape[-2]
        both = torch.logaddexp(total, scores.logsumexp(dim=-1))
        scores.sub_(both.unsqueeze(-1)).exp_()
        out.mul_((total - both).exp_().unsqueeze(-1)).add_(scores @ values)
        total = both
    return out


@hookimpl
def positional_encoding(length, dim):
    table = torch.empty(length, dim, dtype=torch.float64)
    place = torch.arange(length).double()
    for column in range(dim):
        angle = place / 10_000 ** (column // 2 * 2 / dim)
        table[:, column] = angle.cos() if column % 2 else angle.sin()
    return table


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    def normalised(x, name):
        return functional.layer_norm(x, x.shape[-1:], weights[f"{name}_weight"], weights[f"{name}_bias"])

    attention = MultiHead(x.shape[-1], num_heads)
    attention.load(weights)
    z = normalised(x, "norm_1")
    x = x + attention(z, z, z, mask, causal)
    z = functional.linear(normalised(x, "norm_2"), weights["up_weight"], weights["up_bias"])
    return x + functional.linear(functional.relu(z), weights["down_weight"], weights["down_bias"])


class Layer(nn.Module):
    """A pre-norm layer in float32."""

    def __init__(self, width, heads) -> None:
        super().__init__()
        self.attention = MultiHead(width, heads).float()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        z = self.norm_1(x)
        x = x + self.attention(z, z, z)
        return x + self.down(self.up(self.norm_2(x)).relu())


class Reader(nn.Module):
    """A convolution over each symbol and the one before it, then two layers."""

    def __init__(self, vocab, width=32) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, width)
        self.pairs = nn.Conv1d(width, width, 2, padding=1)
        self.layers = nn.Sequential(
            Layer(width, 4), Layer(width, 4), nn.LayerNorm(width), nn.Linear(width, vocab)
        )

    def forward(self, x):
        x = self.embedding(x)
        pairs = self.pairs(x.transpose(1, 2))[:, :, :-1].transpose(1, 2)
        return self.layers(pairs + 1.5 * positional_encoding(x.shape[1], x.shape[2]).float())


class Learner:
    """Trains a reader."""

    def __init__(self, vocab, seed) -> None:
        torch.manual_seed(seed)
        self.reader = Reader(vocab)

    def fit(self, inputs, targets):
        self.places = targets.shape[1]
        optimiser = torch.optim.AdamW(self.reader.parameters(), lr=4e-3)
        for _ in range(6):
            for rows in torch.randperm(len(inputs)).split(64):
                logits = self.reader(inputs[rows])[:, -self.places :].transpose(1, 2)
                optimiser.zero_grad()
                functional.cross_entropy(logits, targets[rows]).backward()
                optimiser.step()

    @torch.no_grad()
    def predict(self, inputs):
        return self.reader(inputs)[:, -self.places :].argmax(dim=-1)


@hookimpl
def sequence_model(vocab, seed):
    return Learner(vocab, seed)
