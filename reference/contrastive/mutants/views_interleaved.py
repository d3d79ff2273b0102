# canary: torchgrade-reference-7f3c1d
"""your loss takes neighbouring rows for the two views of an image; with the second views below the first,
the partner of row i is row i + N
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = (
    "test_loss",
    "test_gradient",
)


def differentiated(loss, z1, z2, temperature):
    with torch.enable_grad():
        first, second = z1.clone().requires_grad_(), z2.clone().requires_grad_()
        return torch.autograd.grad(loss(first, second, temperature), (first, second))


@hookimpl
def nt_xent(z1, z2, temperature):
    return solution.loss_of(z1, z2, temperature, partners=lambda count: torch.arange(2 * count) ^ 1)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
