# canary: torchgrade-reference-7f3c1d
"""your `attention_backward` uses the mask, but not `causal`"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward_with_masks",)


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    return solution.attention_backward(dout, query, key, value, mask, False)
