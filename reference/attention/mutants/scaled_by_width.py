# canary: torchgrade-reference-7f3c1d
"""your attention divides the scores by E; it divides by the square root of E, so that they have the
same variance for any width
"""

import functools
import math

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_attention",
    "test_attention_with_a_mask",
    "test_attention_causal",
    "test_multi_head",
    "test_multi_head_with_a_mask",
    "test_block",
    "test_block_with_masks",
)


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    width = query.shape[-1]
    return solution.scaled_dot_product_attention(query / math.sqrt(width), key, value, mask, causal)


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
