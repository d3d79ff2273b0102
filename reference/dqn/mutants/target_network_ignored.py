# canary: torchgrade-reference-7f3c1d
"""your td_gradient computes the targets with weight although there is a target network"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    return solution.td_gradient(weight, None, batch, gamma, double)
