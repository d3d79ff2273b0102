# canary: torchgrade-reference-7f3c1d
"""your AMSGrad writes the maximum back into v; the average v goes on unchanged, and the maximum is
kept beside it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_amsgrad",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def accumulate(self, k, g):
        super().accumulate(k, g)
        if self.amsgrad:
            self.v[k].copy_(self.v_max[k])


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
