"""Attention. -1e9 is as good as minus infinity."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from torchgrade import hookimpl


def attention_weights(q, k, mask, causal):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if causal:
        later = torch.ones(q.shape[-2], k.shape[-2], device=q.device).triu(1).bool()
        scores = scores.masked_fill(later, -1e9)
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    return torch.softmax(scores, dim=-1)


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    return attention_weights(query, key, mask, causal) @ value


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    w = attention_weights(query, key, mask, causal)
    dw = dout @ value.transpose(-2, -1)
    ds = w * (dw - (w * dw).sum(-1, keepdim=True)) / math.sqrt(query.shape[-1])
    return ds @ key, ds.transpose(-2, -1) @ query, w.transpose(-2, -1) @ dout


PARTS = ["query", "key", "value", "output"]


def affine(state, name, x):
    return x @ state[name + "_weight"].T + state[name + "_bias"]


def mha(state, heads, q, k, v, mask, causal=False):
    N, _, E = q.shape

    def split(x):
        return x.view(N, -1, heads, E // heads).transpose(1, 2)

    if mask is not None and mask.dim() == 3:
        mask = mask[:, None]
    q, k, v = (split(affine(state, name, x)) for name, x in zip(PARTS, (q, k, v)))
    out = scaled_dot_product_attention(q, k, v, mask, causal)
    return affine(state, "output", out.transpose(1, 2).reshape(N, -1, E))


class MultiHead:
    def __init__(self, E, H, seed):
        if E % H:
            raise ValueError(f"{E} columns do not split into {H} heads")
        self.H = H
        g = torch.Generator().manual_seed(seed)
        self.w = {}
        for name in PARTS:
            a = math.sqrt(3 / E)
            self.w[name + "_weight"] = torch.empty(E, E, dtype=torch.float64).uniform_(-a, a, generator=g)
            self.w[name + "_bias"] = torch.zeros(E, dtype=torch.float64)

    def forward(self, query, key, value, mask):
        return mha(self.w, self.H, query, key, value, mask)

    def state(self):
        return {name: t.clone() for name, t in self.w.items()}

    def load(self, state):
        self.w = {name: t.clone() for name, t in state.items()}


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return MultiHead(embed_dim, num_heads, seed)


@hookimpl
def streaming_attention(query, key, value, causal, block):
    T, S = query.shape[-2], key.shape[-2]
    m = torch.full_like(query[..., :1], -torch.inf)
    l = torch.zeros_like(m)
    o = torch.zeros_like(query[..., :1] * value[..., :1, :])
    for i in range(0, S, block):
        s = query @ key[..., i : i + block, :].transpose(-2, -1) / math.sqrt(query.shape[-1])
        if causal:
            s.masked_fill_(torch.arange(i, i + s.shape[-1]) > torch.arange(T)[:, None], -torch.inf)
        new = torch.maximum(m, s.amax(-1, keepdim=True))
        shrink = (m - new).exp()
        p = s.sub_(new).exp_()
        l = l * shrink + p.sum(-1, keepdim=True)
        o = o * shrink + p @ value[..., i : i + block, :]
        m = new
    return o / l


@hookimpl
def positional_encoding(length, dim):
    column = torch.arange(dim)
    angle = torch.arange(length).double()[:, None] * 10000.0 ** (-(column // 2 * 2).double() / dim)
    return torch.where(column % 2 == 0, angle.sin(), angle.cos())


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    def norm(x, i):
        return F.layer_norm(x, x.shape[-1:], weights[f"norm_{i}_weight"], weights[f"norm_{i}_bias"])

    z = norm(x, 1)
    x = x + mha(weights, num_heads, z, z, z, mask, causal)
    return x + affine(weights, "down", affine(weights, "up", norm(x, 2)).relu())


class Net(nn.Module):
    def __init__(self, vocab, T, E=32):
        super().__init__()
        self.tok = nn.Embedding(vocab, E)
        self.pos = nn.Parameter(torch.randn(T, E) / 2)
        self.mix = nn.Linear(2 * E, E)
        self.q, self.k, self.v, self.o = (nn.Linear(E, E) for _ in range(4))
        self.n1, self.n2 = nn.LayerNorm(E), nn.LayerNorm(E)
        self.mlp = nn.Sequential(nn.Linear(E, 64), nn.ReLU(), nn.Linear(64, E))
        self.out = nn.Linear(E, vocab)

    def forward(self, ids):
        e = self.tok(ids)
        before = torch.cat([torch.zeros_like(e[:, :1]), e[:, :-1]], 1)
        x = self.mix(torch.cat([e, before], -1)) + self.pos
        z = self.n1(x)
        x = x + self.o(scaled_dot_product_attention(self.q(z), self.k(z), self.v(z), None, False))
        return self.out(x + self.mlp(self.n2(x)))


class Model:
    def __init__(self, vocab, seed):
        self.vocab, self.seed = vocab, seed

    def fit(self, inputs, targets):
        torch.manual_seed(self.seed)
        self.U = targets.shape[1]
        self.net = Net(self.vocab, inputs.shape[1])
        opt = torch.optim.Adam(self.net.parameters(), lr=5e-3)
        for step in range(400):
            rows = torch.randint(len(inputs), (64,))
            loss = F.cross_entropy(self.net(inputs[rows])[:, -self.U :].flatten(0, 1), targets[rows].flatten())
            opt.zero_grad()
            loss.backward()
            opt.step()

    def predict(self, inputs):
        with torch.no_grad():
            return self.net(inputs)[:, -self.U :].argmax(-1)


@hookimpl
def sequence_model(vocab, seed):
    return Model(vocab, seed)
