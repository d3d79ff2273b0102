# canary: torchgrade-reference-7f3c1d
"""your `attention_backward` forgets the factor 1 / sqrt(E) in dquery and dkey; the forward pass scaled
the scores by it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward", "test_backward_with_masks")


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    weights = solution.attention_weights(query, key, mask, causal=causal)
    dweights = dout @ value.mT
    dscores = weights * (dweights - (weights * dweights).sum(dim=-1, keepdim=True))
    scale = 1.0
    return dscores @ key * scale, dscores.mT @ query * scale, weights.mT @ dout
