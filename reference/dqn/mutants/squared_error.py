# canary: torchgrade-reference-7f3c1d
"""your td_gradient uses the squared error: the Huber loss is linear beyond errors of 1"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    def squared(chosen, wanted):
        return (chosen - wanted).square().mean() / 2

    return solution.gradient_of(weight, target_weight, batch, gamma, double=double, loss=squared)
