# canary: torchgrade-reference-7f3c1d
"""your second moment is not bias-corrected: v starts at 0, so divide it by 1 - beta2**t before you
take its root
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def second_correction(self, t):
        return 1.0


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
