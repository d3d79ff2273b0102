# canary: torchgrade-reference-7f3c1d
"""your td_gradient has twice the Huber loss where the error is small: it is e**2 / 2 there, which
meets abs(e) - 1/2 at 1
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    def bent(chosen, wanted):
        error = (chosen - wanted).abs()
        return torch.where(error <= 1, error.square(), error - 0.5).mean()

    return solution.gradient_of(weight, target_weight, batch, gamma, double=double, loss=bent)
