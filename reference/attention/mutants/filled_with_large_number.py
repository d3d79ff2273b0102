# canary: torchgrade-reference-7f3c1d
"""your attention fills the scores of hidden keys with a large negative number, which makes a
difference only while the other scores lie far above it: they may be near -10,000 themselves; minus
infinity is below everything
"""

import functools
import math

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_attention_of_large_scores",)


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    allowed = solution.permitted(mask, query.shape[-2], key.shape[-2], causal=causal)
    if allowed is None:
        return scores.softmax(dim=-1) @ value
    weights = scores.masked_fill(~allowed, -1e4).softmax(dim=-1)
    return weights.masked_fill(~allowed.any(dim=-1, keepdim=True), 0.0) @ value


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
