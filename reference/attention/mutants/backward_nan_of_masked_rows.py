# canary: torchgrade-reference-7f3c1d
"""where a query may attend to no key, your `attention_backward` gives NaN: it differentiates a softmax
over nothing but minus infinity, and replacing the NaN in the output afterwards does not take it out
of the gradient; leave something finite in the scores of such a row and set its weights to zero
"""

import math

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_with_masks",)


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    leaves = [tensor.detach().clone().requires_grad_() for tensor in (query, key, value)]
    scores = leaves[0] @ leaves[1].mT / math.sqrt(query.shape[-1])
    allowed = solution.permitted(mask, query.shape[-2], key.shape[-2], causal=causal)
    if allowed is not None:
        scores = scores + torch.zeros(allowed.shape, dtype=scores.dtype).masked_fill(~allowed, -math.inf)
    out = scores.softmax(dim=-1).nan_to_num(0.0) @ leaves[2]
    return torch.autograd.grad(out, leaves, dout)
