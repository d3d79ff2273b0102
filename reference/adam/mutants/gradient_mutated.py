# canary: torchgrade-reference-7f3c1d
"""your step writes into the gradient that it was given: g += weight_decay * theta changes the
caller's tensor; make a new one
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_weight_decay_on_gradients",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def with_decay(self, g, theta):
        if not self.decoupled and self.weight_decay:
            g += self.weight_decay * theta
        return g


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
