"""Part 1."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from torchgrade import hookimpl


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


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    return attention_weights(query, key, mask, causal) @ value


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    w = attention_weights(query, key, mask, causal)
    dw = dout @ value.transpose(-2, -1)
    ds = w * (dw - (w * dw).sum(-1, keepdim=True)) / math.sqrt(query.shape[-1])
    return ds @ key, ds.transpose(-2, -1) @ query, w.transpose(-2, -1) @ dout


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
        p = s.sub_(new).exp_()
        l = l + p.sum(-1, keepdim=True)
        o = o + p @ value[..., i : i + block, :]
        m = new
    return o / l
