# canary: torchgrade-reference-7f3c1d
"""your v averages the sizes of the gradients; it averages their squares, g * g"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def accumulate(self, k, g):
        super().accumulate(k, g)
        self.v[k] += (1 - self.beta2) * (g.abs() - g * g)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
