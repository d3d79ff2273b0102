"""PyTorch has all of this."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from torchgrade import hookimpl


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    q, k, v = (t.clone().requires_grad_() for t in (query, key, value))
    return torch.autograd.grad(scaled_dot_product_attention(q, k, v, mask, causal), (q, k, v), dout)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return nn.MultiheadAttention(embed_dim, num_heads, batch_first=True)


@hookimpl
def streaming_attention(query, key, value, causal, block):
    # flash attention is inside
    return F.scaled_dot_product_attention(query, key, value, is_causal=causal)


@hookimpl
def positional_encoding(length, dim):
    column = torch.arange(dim)
    angle = torch.arange(length).double()[:, None] * 10000.0 ** (-(column // 2 * 2).double() / dim)
    return torch.where(column % 2 == 0, angle.sin(), angle.cos())
