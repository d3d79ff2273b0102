# canary: torchgrade-reference-7f3c1d
"""your heads take every H-th column; head h takes the columns h D to (h + 1) D - 1, which lie side by
side
"""

import functools

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head", "test_multi_head_with_a_mask", "test_block", "test_block_with_masks")


def split(x, num_heads):
    return x.unflatten(-1, (-1, num_heads)).movedim(-1, 1)


def merge(x):
    return x.movedim(1, -1).flatten(2)


heads = functools.partial(solution.multi_head, split=split, merge=merge)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
