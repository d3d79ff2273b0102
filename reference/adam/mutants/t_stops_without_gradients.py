# canary: torchgrade-reference-7f3c1d
"""your t does not count steps in which all gradients are None; the contract counts every call of
step
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_missing_gradients",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def step(self, gradients):
        super().step(gradients)
        self.t -= all(g is None for g in gradients)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
