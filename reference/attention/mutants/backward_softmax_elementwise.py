# canary: torchgrade-reference-7f3c1d
"""your `attention_backward` treats the softmax as if each weight depended on its own score only: each
score moves all weights of its query, so the mean of the gradients, taken with the weights, is
subtracted
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward", "test_backward_with_masks")


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    weights = solution.attention_weights(query, key, mask, causal=causal)
    dweights = dout @ value.mT
    dscores = weights * dweights
    scale = query.shape[-1] ** -0.5
    return dscores @ key * scale, dscores.mT @ query * scale, weights.mT @ dout
