# canary: torchgrade-reference-7f3c1d
"""your loss takes a wrong row for the positive: the partner of row i is row i + N, of row i + N it is row
i (with the row itself cut out of the matrix, what stands behind it moves by one column)
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
    return solution.loss_of(
        z1, z2, temperature, partners=lambda count: (solution.positives(count) + 1) % (2 * count)
    )


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
