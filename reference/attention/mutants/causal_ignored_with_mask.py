# canary: torchgrade-reference-7f3c1d
"""where a mask is given, your attention forgets `causal`; a query may attend to a key if both permit
it
"""

import functools

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_attention_causal", "test_block_with_masks")


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    return solution.scaled_dot_product_attention(query, key, value, mask, causal and mask is None)


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
