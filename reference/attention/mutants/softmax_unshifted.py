# canary: torchgrade-reference-7f3c1d
"""your softmax takes the exponential of the scores as they are, which overflows above 709 and vanishes
below -745; subtract the largest score of each query first, which changes no weight
"""

import functools
import math

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_attention_of_large_scores",)


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    allowed = solution.permitted(mask, query.shape[-2], key.shape[-2], causal=causal)
    weights = torch.exp(scores)
    if allowed is not None:
        weights = weights * allowed
    total = weights.sum(dim=-1, keepdim=True)
    return (weights / total.where(total != 0.0, 1.0)) @ value


heads = functools.partial(solution.multi_head, attend=scaled_dot_product_attention)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    return solution.block_output(x, weights, num_heads, mask, causal, heads=heads)
