# canary: torchgrade-reference-7f3c1d
"""your scores are those of keys by queries; it is the queries that ask: (T, E) times (E, S) gives T
rows of S scores
"""

import functools

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
    return solution.scaled_dot_product_attention(key, query, value, mask, causal)


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
