# canary: torchgrade-reference-7f3c1d
"""your feed-forward network gets y as it is; `norm_2` comes before it"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_block", "test_block_with_masks")


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    def norm(x, name):
        return solution.layer_norm(x, weights[f"{name}_weight"], weights[f"{name}_bias"])

    def attention(z):
        return solution.multi_head(weights, num_heads, (z, z, z), mask, causal)

    def feed_forward(z):
        return solution.linear(solution.linear(z, weights, "up").relu(), weights, "down")

    y = x + attention(norm(x, "norm_1"))
    return y + feed_forward(y)
