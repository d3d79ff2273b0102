# canary: torchgrade-reference-7f3c1d
"""your first moment is not bias-corrected: m starts at 0, so divide it by 1 - beta1**t before you
step with it
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
        return 1.0


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
