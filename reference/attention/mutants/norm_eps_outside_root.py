# canary: torchgrade-reference-7f3c1d
"""your layer normalisation adds 1e-5 to the standard deviation; it belongs to the variance, inside the
root
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_block", "test_block_with_masks")


def layer_norm(x, weight, bias):
    centred = x - x.mean(dim=-1, keepdim=True)
    deviation = x.std(dim=-1, keepdim=True, correction=0)
    return centred / (deviation + 1e-5) * weight + bias


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, norm=layer_norm)
