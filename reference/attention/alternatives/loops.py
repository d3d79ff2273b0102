# canary: torchgrade-reference-7f3c1d
"""A right solution in loops: one query, one key, one head, one position at a time."""

import itertools
import math

import torch

from torchgrade import hookimpl

OVER_BUDGET = ("backward_time", "backward_time_cuda", "streaming_time")


def rows(query, key, value, mask, causal):
    """Yield each query with the index of its leading axes, its number and the keys that it may see."""
    leading, queries, keys = query.shape[:-2], query.shape[-2], key.shape[-2]
    if mask is not None:
        mask = mask.expand(*leading, queries, keys)
    for index in itertools.product(*(range(size) for size in leading)):
        for t in range(queries):
            seen = query.new_ones(keys, dtype=torch.bool) if mask is None else mask[index][t].clone()
            if causal:
                seen[t + 1 :] = False
            yield index, t, seen.nonzero()[:, 0]


def one_row(query, keys):
    """Return the weights of one query."""
    scores = keys @ query / math.sqrt(len(query))
    exponentials = torch.exp(scores - scores.max())
    return exponentials / exponentials.sum()


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    out = query.new_zeros(*query.shape[:-1], value.shape[-1])
    for index, t, seen in rows(query, key, value, mask, causal):
        if len(seen):
            out[index][t] = one_row(query[index][t], key[index][seen]) @ value[index][seen]
    return out


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    dquery, dkey, dvalue = torch.zeros_like(query), torch.zeros_like(key), torch.zeros_like(value)
    for index, t, seen in rows(query, key, value, mask, causal):
        if len(seen):
            q, k, g = query[index][t], key[index][seen], dout[index][t]
            weights = one_row(q, k)
            dweights = value[index][seen] @ g
            dscores = weights * (dweights - weights @ dweights) / math.sqrt(len(q))
            dquery[index][t] = dscores @ k
            dkey[index].index_add_(0, seen, torch.outer(dscores, q))
            dvalue[index].index_add_(0, seen, torch.outer(weights, g))
    return dquery, dkey, dvalue


@hookimpl
def streaming_attention(query, key, value, causal, block):
    # Blocks of one key, whatever is asked for.
    largest = torch.full(query.shape[:-1], -math.inf, dtype=query.dtype)
    total = torch.zeros(query.shape[:-1], dtype=query.dtype)
    out = torch.zeros(*query.shape[:-1], value.shape[-1], dtype=query.dtype)
    for s in range(key.shape[-2]):
        scores = (query * key[..., s : s + 1, :]).sum(-1) / math.sqrt(query.shape[-1])
        if causal:
            scores[..., :s] = -math.inf
        higher = torch.maximum(largest, scores)
        shrink, weight = torch.exp(largest - higher), torch.exp(scores - higher)
        total = total * shrink + weight
        out = out * shrink[..., None] + weight[..., None] * value[..., s : s + 1, :]
        largest = higher
    return out / total[..., None]


class Heads:
    """Multi-head attention, head by head, sequence by sequence."""

    def __init__(self, width, heads, weights) -> None:
        self.width, self.heads, self.weights = width, heads, weights

    def forward(self, query, key, value, mask, causal=False):
        w, size = self.weights, self.width // self.heads
        sequences = []
        for n in range(len(query)):
            parts = []
            for h in range(self.heads):
                own = slice(h * size, (h + 1) * size)
                q = query[n] @ w["query_weight"][own].T + w["query_bias"][own]
                k = key[n] @ w["key_weight"][own].T + w["key_bias"][own]
                v = value[n] @ w["value_weight"][own].T + w["value_bias"][own]
                allowed = mask
                if mask is not None and mask.ndim == 3:
                    allowed = mask[n if len(mask) > 1 else 0]
                parts.append(scaled_dot_product_attention(q, k, v, allowed, causal))
            sequences.append(torch.cat(parts, dim=1) @ w["output_weight"].T + w["output_bias"])
        return torch.stack(sequences)

    def state(self):
        return dict(self.weights)

    def load(self, state):
        self.weights = {name: tensor.clone() for name, tensor in state.items()}


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    if embed_dim / num_heads != embed_dim // num_heads:
        raise ValueError(f"{embed_dim} / {num_heads}")
    torch.manual_seed(seed)
    bound = (3 / embed_dim) ** 0.5
    weights = {}
    for name in ("query", "key", "value", "output"):
        matrix = torch.empty(embed_dim, embed_dim, dtype=torch.float64)
        weights[f"{name}_weight"] = matrix.uniform_(-bound, bound)
        weights[f"{name}_bias"] = torch.zeros(embed_dim, dtype=torch.float64)
    return Heads(embed_dim, num_heads, weights)


@hookimpl
def positional_encoding(length, dim):
    rates = [10_000 ** (-2 * (j // 2) / dim) for j in range(dim)]
    waves = [math.cos if j % 2 else math.sin for j in range(dim)]
    table = [[wave(t * rate) for wave, rate in zip(waves, rates, strict=True)] for t in range(length)]
    return torch.tensor(table, dtype=torch.float64)


def normalise(x, weight, bias):
    means = x.sum(-1, keepdim=True) / x.shape[-1]
    variances = ((x - means) ** 2).sum(-1, keepdim=True) / x.shape[-1]
    return (x - means) * (variances + 1e-5) ** -0.5 * weight + bias


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    z = normalise(x, weights["norm_1_weight"], weights["norm_1_bias"])
    x = x + Heads(x.shape[-1], num_heads, weights).forward(z, z, z, mask, causal)
    z = normalise(x, weights["norm_2_weight"], weights["norm_2_bias"])
    up = z @ weights["up_weight"].T + weights["up_bias"]
    return x + (up * (up > 0)) @ weights["down_weight"].T + weights["down_bias"]


class ByHand:
    """One layer of attention in plain tensors; Adam written out."""

    def __init__(self, vocab, seed) -> None:
        self.vocab, self.width = vocab, 32
        self.generator = torch.Generator().manual_seed(seed)

    def new(self, *shape, scale=1.0):
        return (torch.randn(*shape, generator=self.generator) * scale).requires_grad_()

    def logits(self, inputs):
        p, d = self.p, self.width
        x = p["symbols"][inputs]
        before = torch.cat((torch.zeros(len(x), 1, d), x[:, :-1]), dim=1)
        places = p["places"].expand(len(x), -1, -1)
        # Places stand beside the symbols: a query by place and one by content are then easy to learn.
        x = torch.cat((x, before, places), dim=-1)
        weights = torch.softmax((x[:, -self.outputs :] @ p["q"]) @ (x @ p["k"]).mT / d**0.5, dim=-1)
        read = torch.cat((weights @ (x @ p["v"]), x[:, -self.outputs :]), dim=-1)
        return torch.tanh(read @ p["up"] + p["b"]) @ p["down"]

    def fit(self, inputs, targets):
        d, length, self.outputs = self.width, inputs.shape[1], targets.shape[1]
        self.p = {
            "symbols": self.new(self.vocab, d),
            "places": self.new(length, d),
            "q": self.new(3 * d, d, scale=0.1),
            "k": self.new(3 * d, d, scale=0.1),
            "v": self.new(3 * d, d, scale=0.1),
            "up": self.new(4 * d, 2 * d, scale=0.1),
            "b": self.new(2 * d, scale=0.0),
            "down": self.new(2 * d, self.vocab, scale=0.1),
        }
        moments = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in self.p.items()}
        for step in range(1, 601):
            batch = torch.randint(len(inputs), (64,), generator=self.generator)
            log_p = self.logits(inputs[batch]).log_softmax(dim=-1)
            loss = -log_p.gather(-1, targets[batch][..., None]).mean()
            gradients = torch.autograd.grad(loss, list(self.p.values()))
            rate = 1e-2 * min(1.0, step / 30, (601 - step) / 300)
            with torch.no_grad():
                for name, g in zip(self.p, gradients, strict=True):
                    m, v = moments[name]
                    m.mul_(0.9).add_(0.1 * g)
                    v.mul_(0.99).add_(0.01 * g * g)
                    self.p[name] -= rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.99**step)).sqrt() + 1e-8)

    def predict(self, inputs):
        with torch.no_grad():
            return self.logits(inputs).argmax(-1)


@hookimpl
def sequence_model(vocab, seed):
    return ByHand(vocab, seed)
