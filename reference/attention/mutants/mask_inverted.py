# canary: torchgrade-reference-7f3c1d
"""your attention hides what the mask permits; True in a mask means that the query may attend to the
key
"""

import functools

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_attention_with_a_mask", "test_multi_head_with_a_mask", "test_block_with_masks")


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    inverted = None if mask is None else ~mask
    return solution.scaled_dot_product_attention(query, key, value, inverted, causal)


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
