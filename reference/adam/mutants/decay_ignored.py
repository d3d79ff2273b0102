# canary: torchgrade-reference-7f3c1d
"""your optimiser does without weight decay"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_weight_decay_on_gradients",
    "test_decoupled_weight_decay",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def __init__(self, params, lr, betas, eps, weight_decay, *, decoupled, amsgrad):
        super().__init__(params, lr, betas, eps, 0.0, decoupled=decoupled, amsgrad=amsgrad)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
