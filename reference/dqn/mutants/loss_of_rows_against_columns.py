# canary: torchgrade-reference-7f3c1d
"""your td_gradient compares shapes (B, 1) and (B,): torch broadcasts them to (B, B), every prediction
with every target; squeeze what gather returns
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    def crossed(chosen, wanted):
        error = (chosen.unsqueeze(1) - wanted).abs()
        return torch.where(error <= 1, error.square() / 2, error - 0.5).mean()

    return solution.gradient_of(weight, target_weight, batch, gamma, double=double, loss=crossed)
