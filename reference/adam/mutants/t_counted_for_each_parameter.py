# canary: torchgrade-reference-7f3c1d
"""you count t for each parameter by itself, from its first gradient on; the contract has one t for
all, which also counts the steps in which a parameter had no gradient
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_missing_gradients",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def step(self, gradients):
        counts = vars(self).setdefault("counts", [0] * len(gradients))
        for k, g in enumerate(gradients):
            counts[k] += g is not None
        super().step(gradients)

    def time(self, k):
        return vars(self)["counts"][k]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
