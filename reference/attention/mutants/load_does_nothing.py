# canary: torchgrade-reference-7f3c1d
"""your `load` does not take the weights over: `forward` and `state` go on with the initial ones"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head", "test_multi_head_with_a_mask", "test_multi_head_modules")


class Deaf(solution.MultiHeadAttention):
    """A module that keeps its initial weights."""

    def load(self, state):
        del state


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return Deaf(embed_dim, num_heads, seed)
