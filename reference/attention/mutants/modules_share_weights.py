# canary: torchgrade-reference-7f3c1d
"""your modules share their weights: what one loads, all have; keep them in the object (`self.…`), not
in the class or the module
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_multi_head_modules",)


class SharedWeights(solution.MultiHeadAttention):
    """All modules have the weights that the last one was given."""

    shared = None

    @property
    def weights(self):
        return SharedWeights.shared

    @weights.setter
    def weights(self, new):
        SharedWeights.shared = new


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return SharedWeights(embed_dim, num_heads, seed)
