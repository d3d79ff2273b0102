# canary: torchgrade-reference-7f3c1d
"""your attention sets weights to zero after the softmax, so that those that are left do not sum up to
1; mask the scores before the softmax
"""

import functools
import math

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_attention_with_a_mask",
    "test_attention_causal",
    "test_multi_head_with_a_mask",
    "test_block_with_masks",
)


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    allowed = solution.permitted(mask, query.shape[-2], key.shape[-2], causal=causal)
    weights = scores.softmax(dim=-1)
    return (weights if allowed is None else weights * allowed) @ value


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
