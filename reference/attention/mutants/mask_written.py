# canary: torchgrade-reference-7f3c1d
"""your attention writes the causal triangle into the mask that it was given; the mask is the caller's
and may be used again: make a new one, `mask & triangle`
"""

import functools

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_attention_causal", "test_block_with_masks")


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    triangle = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril()
    if causal and mask is not None and mask.shape[-2:] == triangle.shape:
        mask &= triangle
    return solution.scaled_dot_product_attention(query, key, value, mask, causal)


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
