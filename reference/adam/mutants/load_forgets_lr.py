# canary: torchgrade-reference-7f3c1d
"""your load does not restore the learning rate"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def load(self, state):
        lr = self.lr
        super().load(state)
        self.lr = lr


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
