# canary: torchgrade-reference-7f3c1d
"""your loss leaves each row itself in its denominator, where its similarity of 1 outweighs all others;
the sum runs over all rows but the row itself
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = (
    "test_loss",
    "test_gradient",
    "test_loss_of_equal_rows",
)


def differentiated(loss, z1, z2, temperature):
    with torch.enable_grad():
        first, second = z1.clone().requires_grad_(), z2.clone().requires_grad_()
        return torch.autograd.grad(loss(first, second, temperature), (first, second))


@hookimpl
def nt_xent(z1, z2, temperature):
    return solution.loss_of(z1, z2, temperature, leave_out=lambda logits: logits)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
