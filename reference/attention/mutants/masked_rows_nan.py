# canary: torchgrade-reference-7f3c1d
"""where a query may attend to no key, your attention is NaN: a softmax over nothing but minus infinity
is 0 / 0; the contract asks for zeros there
"""

import functools
import math

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_attention_of_masked_rows", "test_multi_head_with_a_mask")


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    allowed = solution.permitted(mask, query.shape[-2], key.shape[-2], causal=causal)
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -math.inf)
    return scores.softmax(dim=-1) @ value


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
