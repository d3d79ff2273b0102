# canary: torchgrade-reference-7f3c1d
"""the moments of your bfloat16 parameters are bfloat16 too; with 8 bits a slow average stops
moving, so the contract keeps them in float32
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_bfloat16_moments",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def moment_dtype(self, theta):
        return theta.dtype


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
