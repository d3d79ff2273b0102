# canary: torchgrade-reference-7f3c1d
"""your `nt_xent_backward` goes through 0 / 0 at a zero row, and NaN spreads; put 1 in the place of a
length of 0 *before* you divide, and return zero for that row
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_gradient_of_zero_rows",)


def differentiated(loss, z1, z2, temperature):
    with torch.enable_grad():
        first, second = z1.clone().requires_grad_(), z2.clone().requires_grad_()
        return torch.autograd.grad(loss(first, second, temperature), (first, second))


def plain(z1, z2, temperature):
    return solution.loss_of(z1, z2, temperature, normalise=lambda z: z / z.norm(dim=1, keepdim=True))


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(plain, z1, z2, temperature)
