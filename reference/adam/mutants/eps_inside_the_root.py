# canary: torchgrade-reference-7f3c1d
"""your eps is added to the second moment, inside the root; it is added to the root: sqrt(v_hat) +
eps
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_eps",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def denominator(self, k, t):
        s = self.v_max[k] if self.amsgrad else self.v[k]
        return (s / self.second_correction(t) + self.eps).sqrt()


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
