# canary: torchgrade-reference-7f3c1d
"""your `streaming_attention` does not scale the scores; divide them by the square root of E, as
without blocks
"""

import math

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_streaming", "test_streaming_causal", "test_streaming_of_large_scores")


@hookimpl
def streaming_attention(query, key, value, causal, block):
    queries, keys = query.shape[-2], key.shape[-2]
    largest = query.new_full((*query.shape[:-1], 1), -math.inf)
    total = torch.zeros_like(largest)
    out = query.new_zeros((*query.shape[:-1], value.shape[-1]))
    for start in range(0, keys, block):
        stop = min(start + block, keys)
        scores = query @ key[..., start:stop, :].mT
        if causal:
            later = torch.arange(start, stop) > torch.arange(queries)[:, None]
            scores = scores.masked_fill(later, -math.inf)
        higher = torch.maximum(largest, scores.amax(dim=-1, keepdim=True))
        correction = torch.exp(largest - higher)
        weights = torch.exp(scores - higher)
        total = total * correction + weights.sum(dim=-1, keepdim=True)
        out = out * correction + weights @ value[..., start:stop, :]
        largest = higher
    return out / total
