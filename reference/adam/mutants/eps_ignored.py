# canary: torchgrade-reference-7f3c1d
"""your denominator is without eps; where a gradient has always been 0 you divide by 0"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_eps",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def denominator(self, k, t):
        s = self.v_max[k] if self.amsgrad else self.v[k]
        return (s / self.second_correction(t)).sqrt()


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
