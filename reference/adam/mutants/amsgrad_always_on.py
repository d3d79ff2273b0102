# canary: torchgrade-reference-7f3c1d
"""your denominator uses the largest second moment also when amsgrad is False"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_several_steps",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def __init__(self, params, lr, betas, eps, weight_decay, *, decoupled, amsgrad):
        super().__init__(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=True)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
