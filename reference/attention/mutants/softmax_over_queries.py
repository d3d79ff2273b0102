# canary: torchgrade-reference-7f3c1d
"""your softmax runs over the queries; each query distributes its attention over the keys, the last
axis of the scores
"""

import functools
import math

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
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    allowed = solution.permitted(mask, query.shape[-2], key.shape[-2], causal=causal)
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -math.inf)
    return scores.softmax(dim=-2).nan_to_num(0.0) @ value


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
