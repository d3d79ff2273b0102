# canary: torchgrade-reference-7f3c1d
"""your load restores the parameters and leaves the moments as they were; without m and v a restored
optimiser takes other steps
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def load(self, state):
        self.t, self.lr = state["t"], state["lr"]
        self.theta = self.copied(state["parameters"])


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
