# canary: torchgrade-reference-7f3c1d
"""your AMSGrad takes the maximum of bias-corrected second moments; the contract takes the maximum
of v as it is, and corrects that by the present t
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_amsgrad",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def denominator(self, k, t):
        if not self.amsgrad:
            return super().denominator(k, t)
        largest = vars(self).setdefault("largest", {})
        corrected = self.v[k] / self.second_correction(t)
        largest[k] = corrected.maximum(largest.get(k, corrected))
        return largest[k].sqrt().add_(self.eps)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
