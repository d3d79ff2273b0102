# canary: torchgrade-reference-7f3c1d
"""your step stops at the first gradient that is None, and the parameters after it are not updated:
go on with the next one instead
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_missing_gradients",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def step(self, gradients):
        self.check_gradients(gradients)
        self.t += 1
        for k, g in enumerate(gradients):
            if g is None:
                return
            self.update(k, g)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
