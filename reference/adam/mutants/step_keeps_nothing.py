# canary: torchgrade-reference-7f3c1d
"""your parameters do not move: step computes new values, and parameters() does not return them; p =
p - ... only gives the local name p a new tensor, so store it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def update(self, k, g):
        before = self.theta[k].clone()
        super().update(k, g)
        self.theta[k] = before


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
