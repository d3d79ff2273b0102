# canary: torchgrade-reference-7f3c1d
"""your set_lr has no influence on the steps after it"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_learning_rates",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def set_lr(self, lr):
        pass


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
