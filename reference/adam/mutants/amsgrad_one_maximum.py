# canary: torchgrade-reference-7f3c1d
"""your AMSGrad takes one maximum of a whole tensor; it is taken entry by entry"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_amsgrad",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def denominator(self, k, t):
        if self.amsgrad and self.v[k].norm() >= self.v_max[k].norm() * (1 - 1e-12):
            return super().denominator(k, t)
        if not self.amsgrad:
            return super().denominator(k, t)
        best = vars(self).setdefault("best", {})
        if k not in best or self.v[k].max() >= best[k].max():
            best[k] = self.v[k].clone()
        return best[k].sqrt().div_(self.second_correction(t) ** 0.5).add_(self.eps)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
