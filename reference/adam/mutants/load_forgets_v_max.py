# canary: torchgrade-reference-7f3c1d
"""your load does not restore v_max, the memory of AMSGrad"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_amsgrad_in_company",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def load(self, state):
        largest = self.v_max
        super().load(state)
        self.v_max = largest


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
