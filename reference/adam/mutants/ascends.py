# canary: torchgrade-reference-7f3c1d
"""your parameters go up the gradient; a step subtracts lr * m_hat / (sqrt(v_hat) + eps)"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def first_correction(self, t):
        return -super().first_correction(t)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
