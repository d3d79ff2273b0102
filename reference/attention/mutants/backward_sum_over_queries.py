# canary: torchgrade-reference-7f3c1d
"""your `attention_backward` takes the mean in the gradient of the softmax over the wrong axis; the
softmax runs over the keys, the last axis of the scores
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward", "test_backward_with_masks")


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    weights = solution.attention_weights(query, key, mask, causal=causal)
    dweights = dout @ value.mT
    dscores = weights * (dweights - (weights * dweights).sum(dim=-2, keepdim=True))
    scale = query.shape[-1] ** -0.5
    return dscores @ key * scale, dscores.mT @ query * scale, weights.mT @ dout
