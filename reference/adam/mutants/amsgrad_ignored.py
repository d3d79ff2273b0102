# canary: torchgrade-reference-7f3c1d
"""your denominator uses v also when amsgrad is True; then it uses the largest v so far, entry by
entry
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_amsgrad",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def denominator(self, k, t):
        return self.v[k].sqrt().div_(self.second_correction(t) ** 0.5).add_(self.eps)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
