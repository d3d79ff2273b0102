# canary: torchgrade-reference-7f3c1d
"""your `attention_backward` applies the factor 1 / sqrt(E) twice to dquery and dkey; the scores were
scaled once
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward", "test_backward_with_masks")


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    weights = solution.attention_weights(query, key, mask, causal=causal)
    dweights = dout @ value.mT
    dscores = weights * (dweights - (weights * dweights).sum(dim=-1, keepdim=True))
    scale = 1.0 / query.shape[-1]
    return dscores @ key * scale, dscores.mT @ query * scale, weights.mT @ dout
