# canary: torchgrade-reference-7f3c1d
"""your loss normalises one of the two views only; every row of both is divided by its length"""

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


def half(z):
    count = len(z) // 2
    return torch.cat((solution.unit_rows(z[:count]), z[count:]))


@hookimpl
def nt_xent(z1, z2, temperature):
    return solution.loss_of(z1, z2, temperature, normalise=half)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
