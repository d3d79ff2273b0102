# canary: torchgrade-reference-7f3c1d
"""parameters of one shape share their moments in your optimiser; each parameter has its own m and
v, so tell them apart by their place in the list
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_several_steps",)


class Mutant(solution.Adam):
    """The solution with one mistake."""

    def zeros(self):
        by_shape = {}
        for theta, zero in zip(self.theta, super().zeros(), strict=True):
            by_shape.setdefault((theta.shape, theta.dtype), zero)
        return [by_shape[theta.shape, theta.dtype] for theta in self.theta]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
