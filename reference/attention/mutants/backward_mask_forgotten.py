# canary: torchgrade-reference-7f3c1d
"""your `attention_backward` computes gradients as if there were neither mask nor causality; a hidden
key has weight zero and gets no gradient from that query
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward_with_masks",)


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    return solution.attention_backward(dout, query, key, value, None, False)
