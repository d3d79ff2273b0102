# canary: torchgrade-reference-7f3c1d
"""your loss multiplies similarities by the temperature; they are divided by it: the colder, the more the
nearest row counts
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
    return solution.loss_of(z1, z2, 1.0 / temperature)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
