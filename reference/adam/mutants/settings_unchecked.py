# canary: torchgrade-reference-7f3c1d
"""your optimiser accepts settings that are out of range; the contract wants a ValueError"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_adam_errors",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def check_settings(self, lr, betas, eps, weight_decay):
        pass

    def set_lr(self, lr):
        self.lr = lr


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
