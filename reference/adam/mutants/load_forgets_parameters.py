# canary: torchgrade-reference-7f3c1d
"""your load restores the moments and leaves the parameters as they were; the state holds them too"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def load(self, state):
        theta = self.theta
        super().load(state)
        self.theta = theta


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
