# canary: torchgrade-reference-7f3c1d
"""you split the heads by a reshape to (N, H, T, D) alone, which deals out positions instead of
columns; reshape to (N, T, H, D), then swap the axes T and H
"""

import functools

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head", "test_multi_head_with_a_mask", "test_block", "test_block_with_masks")


def split(x, num_heads):
    return x.reshape(len(x), num_heads, x.shape[1], -1)


heads = functools.partial(solution.multi_head, split=split)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
