# canary: torchgrade-reference-7f3c1d
"""your decoupled weight decay shrinks the parameter that has already taken its step; it goes by
theta as it was before the step
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_decoupled_weight_decay",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def decay(self, theta):
        pass

    def update(self, k, g):
        super().update(k, g)
        if self.decoupled:
            self.theta[k].mul_(1 - self.lr * self.weight_decay)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
