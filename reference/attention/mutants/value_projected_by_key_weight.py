# canary: torchgrade-reference-7f3c1d
"""your values are projected with the weights of the keys; query, key and value have projections of
their own
"""

import functools

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head", "test_multi_head_with_a_mask", "test_block", "test_block_with_masks")


def project(x, weights, name):
    return solution.linear(x, weights, "key" if name == "value" else name)


heads = functools.partial(solution.multi_head, project=project)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
