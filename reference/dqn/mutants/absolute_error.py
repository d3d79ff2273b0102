# canary: torchgrade-reference-7f3c1d
"""your td_gradient uses the absolute error: the Huber loss is quadratic up to errors of 1"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    return solution.gradient_of(
        weight, target_weight, batch, gamma, double=double, loss=torch.nn.functional.l1_loss
    )
