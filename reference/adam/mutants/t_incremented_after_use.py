# canary: torchgrade-reference-7f3c1d
"""your bias correction uses t = 0 in the first step, and 1 - beta**0 is 0; increase t before you
use it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def first_correction(self, t):
        return super().first_correction(t) or float("nan")

    def time(self, k):
        return self.t - 1

    def denominator(self, k, t):
        s = self.v_max[k] if self.amsgrad else self.v[k]
        return (s / self.second_correction(t)).sqrt().add_(self.eps)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
