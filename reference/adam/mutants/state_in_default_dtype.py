# canary: torchgrade-reference-7f3c1d
"""your moments are float32 for float64 parameters too: torch.zeros(shape) takes the default dtype,
torch.zeros_like(parameter) that of the parameter
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def moment_dtype(self, theta):
        return torch.float32

    def update(self, k, g):
        self.m[k], self.v[k] = self.m[k].to(g.dtype), self.v[k].to(g.dtype)
        if self.amsgrad:
            self.v_max[k] = self.v_max[k].to(g.dtype)
        if g.dtype is torch.bfloat16:
            self.m[k], self.v[k] = self.m[k].float(), self.v[k].float()
        super().update(k, g)
        self.m[k], self.v[k] = self.m[k].float(), self.v[k].float()
        if self.amsgrad:
            self.v_max[k] = self.v_max[k].float()


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
