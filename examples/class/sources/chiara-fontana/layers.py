"""Attention, alone and in blocks, and the heads."""

import math

import torch


def visible(mask, causal, T, S, device):
    ok = torch.ones(T, S, dtype=torch.bool, device=device)
    if causal:
        ok = torch.arange(S, device=device)[None, :] <= torch.arange(T, device=device)[:, None]
    if mask is not None:
        ok = ok & mask
    return ok


def attention_weights(q, k, mask, causal):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    ok = visible(mask, causal, q.shape[-2], k.shape[-2], q.device)
    # rows that see nothing keep their scores and lose their weights afterwards, so nothing is ever NaN
    none = ~ok.any(-1, keepdim=True)
    return scores.masked_fill(~(ok | none), -torch.inf).softmax(-1).masked_fill(none, 0)


def attend(query, key, value, mask, causal):
    return attention_weights(query, key, mask, causal) @ value


def attend_backward(dout, query, key, value, mask, causal):
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
    out = attend(q, k, v, mask, causal)
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
