# canary: torchgrade-reference-7f3c1d
"""your step does not expect a gradient that is None; leave that parameter alone and go on with the
next
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_missing_gradients",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def step(self, gradients):
        if None in [g if g is None else 0 for g in gradients]:
            raise AttributeError("'NoneType' object has no attribute 'to'")
        super().step(gradients)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
