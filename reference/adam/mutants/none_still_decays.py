# canary: torchgrade-reference-7f3c1d
"""your step lets a parameter decay whose gradient is None; it is left entirely alone"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_missing_gradients_with_weight_decay",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def step(self, gradients):
        super().step(gradients)
        for theta, g in zip(self.theta, gradients, strict=True):
            if g is None:
                self.decay(theta)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
