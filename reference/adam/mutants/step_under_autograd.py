# canary: torchgrade-reference-7f3c1d
"""your parameters require gradients, and torch refuses to change such a tensor in place: update
plain copies (detach), or do it under torch.no_grad()
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
        return [tensor.requires_grad_() for tensor in super().copied(tensors)]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Mutant(params, lr, betas, eps, weight_decay, decoupled=decoupled, amsgrad=amsgrad)
