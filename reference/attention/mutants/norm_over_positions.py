# canary: torchgrade-reference-7f3c1d
"""your layer normalisation takes mean and variance over the positions too; each position is normalised
by itself, over the last axis
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_block", "test_block_with_masks")


def layer_norm(x, weight, bias):
    centred = x - x.mean(dim=(1, 2), keepdim=True)
    variance = x.var(dim=(1, 2), keepdim=True, correction=0)
    return centred / torch.sqrt(variance + 1e-5) * weight + bias


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, norm=layer_norm)
