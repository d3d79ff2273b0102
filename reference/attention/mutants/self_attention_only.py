# canary: torchgrade-reference-7f3c1d
"""your multi-head attention takes keys and values from the query; they are arguments of their own, and
S may differ from T
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head", "test_multi_head_with_a_mask", "test_multi_head_modules")


def heads(weights, num_heads, inputs, mask, causal):
    return solution.multi_head(weights, num_heads, (inputs[0],) * 3, mask, causal)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)
