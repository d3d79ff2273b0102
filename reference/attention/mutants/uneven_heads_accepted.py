# canary: torchgrade-reference-7f3c1d
"""your `multi_head_attention` accepts a number of heads that does not divide the columns; it must
raise ValueError
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head_errors",)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    made = solution.MultiHeadAttention(embed_dim, 1, seed)
    made.num_heads = num_heads
    return made
