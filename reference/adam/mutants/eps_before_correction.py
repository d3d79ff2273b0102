# canary: torchgrade-reference-7f3c1d
"""your eps is added to the root of the second moment before its bias correction (the paper's
shortcut with another eps); the contract corrects first, then adds eps
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_eps",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def denominator(self, k, t):
        s = self.v_max[k] if self.amsgrad else self.v[k]
        return (s.sqrt() + self.eps) / self.second_correction(t) ** 0.5


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
