# canary: torchgrade-reference-7f3c1d
"""your t is 1 in every step, so the bias correction never fades; t counts the calls of step"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_several_steps",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def time(self, k):
        return 1


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
