# canary: torchgrade-reference-7f3c1d
"""your td_gradient ignores double: where it is True, weight chooses the next action and target_weight
values it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    return solution.td_gradient(weight, target_weight, batch, gamma, False)
