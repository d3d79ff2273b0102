# canary: torchgrade-reference-7f3c1d
"""your td_gradient points the wrong way: it is that of the loss, which goes down against it"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    loss, gradient = solution.td_gradient(weight, target_weight, batch, gamma, double)
    return loss, -gradient
