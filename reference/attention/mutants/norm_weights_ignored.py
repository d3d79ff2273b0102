# canary: torchgrade-reference-7f3c1d
"""your layer normalisation leaves out its weight and bias"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_block", "test_block_with_masks")


def layer_norm(x, weight, bias):
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = x.var(dim=-1, keepdim=True, correction=0)
    return centred / torch.sqrt(variance + 1e-5)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, norm=layer_norm)
