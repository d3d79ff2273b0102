# canary: torchgrade-reference-7f3c1d
"""your heads divide the scores by the square root of E; each head has E / H columns, and their square
root is the scale
"""

import math

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head", "test_multi_head_with_a_mask", "test_block", "test_block_with_masks")


def heads(weights, num_heads, inputs, mask, causal):
    def attend(query, key, value, mask, causal):
        scaled = query / math.sqrt(num_heads)
        return solution.scaled_dot_product_attention(scaled, key, value, mask, causal)

    return solution.multi_head(weights, num_heads, inputs, mask, causal, attend=attend)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
