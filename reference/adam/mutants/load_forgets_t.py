# canary: torchgrade-reference-7f3c1d
"""your load does not restore t, so the bias correction begins anew"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def load(self, state):
        t = self.t
        super().load(state)
        self.t = t


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
