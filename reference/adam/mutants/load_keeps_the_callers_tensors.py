# canary: torchgrade-reference-7f3c1d
"""your load keeps the tensors of the state that it was given, and later steps write into them; copy
them
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def load(self, state):
        super().load(state)
        self.theta, self.m, self.v = list(state["parameters"]), list(state["m"]), list(state["v"])
        self.v_max = list(state["v_max"])


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
