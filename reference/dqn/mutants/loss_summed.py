# canary: torchgrade-reference-7f3c1d
"""your td_gradient sums the loss over the batch; the contract has the mean"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    loss, gradient = solution.td_gradient(weight, target_weight, batch, gamma, double)
    return loss * len(batch["action"]), gradient * len(batch["action"])
