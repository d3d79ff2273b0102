# canary: torchgrade-reference-7f3c1d
"""you give a mask of (N, T, S) to scores of (N, H, T, S) as it is: broadcasting puts N where the heads
are; it needs an axis for the heads, (N, 1, T, S)
"""

import functools

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head_with_a_mask", "test_block_with_masks")


def spread(mask):
    return mask


heads = functools.partial(solution.multi_head, spread=spread)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
