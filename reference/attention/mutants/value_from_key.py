# canary: torchgrade-reference-7f3c1d
"""your multi-head attention takes the values from the key; `value` is an argument of its own"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head", "test_multi_head_with_a_mask", "test_multi_head_modules")


def heads(weights, num_heads, inputs, mask, causal):
    query, key, _ = inputs
    return solution.multi_head(weights, num_heads, (query, key, key), mask, causal)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)
