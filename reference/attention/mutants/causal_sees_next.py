# canary: torchgrade-reference-7f3c1d
"""your causal attention lets query t attend to key t + 1, one too many; the last one is key t"""

import functools

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_attention_causal", "test_block_with_masks")


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    triangle = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril(1)
    allowed = mask if not causal else triangle if mask is None else triangle & mask
    return solution.scaled_dot_product_attention(query, key, value, allowed, False)


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
