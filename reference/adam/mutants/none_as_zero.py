# canary: torchgrade-reference-7f3c1d
"""your step takes None for a gradient of zeros; then m and v fade and the parameter moves on; a
parameter whose gradient is None is left alone with its moments
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_missing_gradients",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def step(self, gradients):
        full = [torch.zeros_like(p) if g is None else g for p, g in zip(self.theta, gradients, strict=False)]
        super().step(full if len(full) == len(gradients) else gradients)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
