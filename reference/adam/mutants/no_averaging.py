# canary: torchgrade-reference-7f3c1d
"""your moments are sums: the new gradient has to come in with the weight 1 - beta, m = beta1 * m +
(1 - beta1) * g, and v alike
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def accumulate(self, k, g):
        self.m[k] = self.beta1 * self.m[k] + g
        self.v[k] = self.beta2 * self.v[k] + g * g
        if self.amsgrad:
            self.v_max[k] = self.v_max[k].maximum(self.v[k])


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
