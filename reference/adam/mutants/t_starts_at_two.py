# canary: torchgrade-reference-7f3c1d
"""your bias correction uses t = 2 in the first step; t counts the steps from 1, so it is increased
once before its first use
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def time(self, k):
        return self.t + 1


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
