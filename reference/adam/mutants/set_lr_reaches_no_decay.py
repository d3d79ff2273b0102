# canary: torchgrade-reference-7f3c1d
"""after set_lr your decoupled weight decay goes on with the old learning rate; it is multiplied by
the present one
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_learning_rates",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def decay(self, theta):
        first = vars(self).setdefault("first", self.settings_lr)
        if self.decoupled:
            theta.mul_(1 - first * self.weight_decay)

    def __init__(self, params, lr, *rest, **options):
        super().__init__(params, lr, *rest, **options)
        self.settings_lr = lr


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
