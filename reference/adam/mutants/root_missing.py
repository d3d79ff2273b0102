# canary: torchgrade-reference-7f3c1d
"""your step divides by the second moment itself; it divides by its root"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def denominator(self, k, t):
        s = self.v_max[k] if self.amsgrad else self.v[k]
        return s / self.second_correction(t) + self.eps


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
