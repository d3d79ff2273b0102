# canary: torchgrade-reference-7f3c1d
"""your betas are swapped: the first belongs to m, the second to v"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_several_steps",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def __init__(self, params, lr, betas, *rest, **options):
        super().__init__(params, lr, betas[::-1], *rest, **options)


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
