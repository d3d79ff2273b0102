# canary: torchgrade-reference-7f3c1d
"""your optimiser keeps its own float32 copy of bfloat16 parameters and goes on from that; the
contract starts each step from the rounded parameter, and what was rounded away is gone
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_bfloat16",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def copied(self, tensors):
        copies = super().copied(tensors)
        vars(self).setdefault("dtypes", [tensor.dtype for tensor in tensors])
        return [copy.float() if copy.dtype is torch.bfloat16 else copy for copy in copies]

    def parameters(self):
        return [theta.to(dtype) for theta, dtype in zip(self.theta, vars(self)["dtypes"], strict=True)]

    def state(self):
        return {**super().state(), "parameters": self.parameters()}


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
