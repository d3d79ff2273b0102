# canary: torchgrade-reference-7f3c1d
"""your weight decay on the gradient reaches m and not v: both take in the same g + weight_decay *
theta
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_weight_decay_on_gradients",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def with_decay(self, g, theta):
        self.plain = g
        return super().with_decay(g, theta)

    def accumulate(self, k, g):
        super().accumulate(k, g)
        self.v[k] += (1 - self.beta2) * (self.plain * self.plain - g * g)
        if self.amsgrad:
            self.v_max[k] = self.v_max[k].maximum(self.v[k])


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
