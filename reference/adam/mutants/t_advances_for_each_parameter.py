# canary: torchgrade-reference-7f3c1d
"""your t is increased once for each parameter instead of once for each call of step: is the line
inside the loop?
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def step(self, gradients):
        self.check_gradients(gradients)
        for k, g in enumerate(gradients):
            if g is not None:
                self.t += 1
                self.update(k, g)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
