# canary: torchgrade-reference-7f3c1d
"""your parameters stand still after the first step: a generator can be walked through only once, so
make a list of it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_several_steps",
    "test_two_optimisers",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def step(self, gradients):
        if self.t:
            self.t += 1
            return
        super().step(gradients)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
