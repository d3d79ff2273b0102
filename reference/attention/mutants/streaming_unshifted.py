# canary: torchgrade-reference-7f3c1d
"""your `streaming_attention` takes the exponential of the scores as they are, which overflows above
709 and vanishes below -745; subtract the running maximum of each query
"""

import math

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_streaming_of_large_scores",)


@hookimpl
def streaming_attention(query, key, value, causal, block):
    queries, keys = query.shape[-2], key.shape[-2]
    total = query.new_zeros((*query.shape[:-1], 1))
    out = query.new_zeros((*query.shape[:-1], value.shape[-1]))
    for start in range(0, keys, block):
        stop = min(start + block, keys)
        scores = query @ key[..., start:stop, :].mT / math.sqrt(query.shape[-1])
        if causal:
            later = torch.arange(start, stop) > torch.arange(queries)[:, None]
            scores = scores.masked_fill(later, -math.inf)
        weights = torch.exp(scores)
        total = total + weights.sum(dim=-1, keepdim=True)
        out = out + weights @ value[..., start:stop, :]
    return out / total
