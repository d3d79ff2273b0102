# canary: torchgrade-reference-7f3c1d
"""where a query may attend to no key, your `attention_backward` goes on with equal weights for all keys: its
output is zero, whatever the values, so it gets and gives no gradient
"""

import math

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_with_masks",)


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    allowed = solution.permitted(mask, query.shape[-2], key.shape[-2], causal=causal)
    if allowed is not None:
        scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
    weights = scores.softmax(dim=-1)
    dweights = dout @ value.mT
    dscores = weights * (dweights - (weights * dweights).sum(dim=-1, keepdim=True))
    scale = query.shape[-1] ** -0.5
    return dscores @ key * scale, dscores.mT @ query * scale, weights.mT @ dout
