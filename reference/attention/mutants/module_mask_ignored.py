# canary: torchgrade-reference-7f3c1d
"""your multi-head attention does not hand its mask on to the heads"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head_with_a_mask",)


def heads(weights, num_heads, inputs, mask, causal):
    return solution.multi_head(weights, num_heads, inputs, None, causal)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)
