# canary: torchgrade-reference-7f3c1d
"""your causal mask is a square; there are T queries and S keys, and T x S scores"""

import functools

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_attention_causal",)


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    triangle = torch.ones(query.shape[-2], query.shape[-2], dtype=torch.bool).tril()
    allowed = mask if not causal else triangle if mask is None else triangle & mask
    return solution.scaled_dot_product_attention(query, key, value, allowed, False)


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
