# canary: torchgrade-reference-7f3c1d
"""your set_lr also resets t or the moments; it changes the learning rate and nothing else"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_learning_rates",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def set_lr(self, lr):
        super().set_lr(lr)
        self.t, self.m, self.v = 0, self.zeros(), self.zeros()


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
