# canary: torchgrade-reference-7f3c1d
"""your weight decay acts on the parameter although decoupled is False; then weight_decay * theta is
added to the gradient before m and v take it in
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_weight_decay_on_gradients",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def __init__(self, params, lr, betas, eps, weight_decay, *, decoupled, amsgrad):
        super().__init__(params, lr, betas, eps, weight_decay, decoupled=True, amsgrad=amsgrad)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
