# canary: torchgrade-reference-7f3c1d
"""your optimiser updates the tensors that it was given; the contract has it work on copies of its
own
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_first_step",
    "test_several_steps",
)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def copied(self, tensors):
        return list(tensors)

    def state(self):
        return {
            name: solution.Adam.copied(self, x) if isinstance(x, list) else x
            for name, x in super().state().items()
        }


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
