# canary: torchgrade-reference-7f3c1d
"""your `attention_backward` passes the gradient of the weights on as that of the scores; between them
lies the softmax
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward", "test_backward_with_masks")


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    weights = solution.attention_weights(query, key, mask, causal=causal)
    dweights = dout @ value.mT
    dscores = dweights
    scale = query.shape[-1] ** -0.5
    return dscores @ key * scale, dscores.mT @ query * scale, weights.mT @ dout
