# canary: torchgrade-reference-7f3c1d
"""your weight decay goes through the gradient although decoupled is True; then it acts on the
parameter alone, and m and v know nothing of it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_decoupled_weight_decay",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def __init__(self, params, lr, betas, eps, weight_decay, *, decoupled, amsgrad):
        super().__init__(params, lr, betas, eps, weight_decay, decoupled=False, amsgrad=amsgrad)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
