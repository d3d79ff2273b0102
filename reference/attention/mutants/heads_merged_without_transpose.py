# canary: torchgrade-reference-7f3c1d
"""you merge the heads by a reshape of (N, H, T, D) alone, which mixes positions and heads; swap the
axes H and T first, then reshape to (N, T, E)
"""

import functools

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head", "test_multi_head_with_a_mask", "test_block", "test_block_with_masks")


def merge(x):
    return x.reshape(len(x), x.shape[2], -1)


heads = functools.partial(solution.multi_head, merge=merge)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
