# canary: torchgrade-reference-7f3c1d
"""your decoupled weight decay is not multiplied by the learning rate: it subtracts lr *
weight_decay * theta
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_decoupled_weight_decay",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def decay(self, theta):
        if self.decoupled:
            theta.mul_(1 - self.weight_decay)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
