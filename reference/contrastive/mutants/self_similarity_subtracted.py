# canary: torchgrade-reference-7f3c1d
"""your loss sums over all rows and subtracts exp(1 / temperature) for the row itself; a zero row has the
similarity 0 to itself, and at low temperatures nothing is left of the sum: leave the row out before you
sum
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = (
    "test_loss_of_zero_rows",
    "test_loss_at_extreme_temperatures",
)


def differentiated(loss, z1, z2, temperature):
    with torch.enable_grad():
        first, second = z1.clone().requires_grad_(), z2.clone().requires_grad_()
        return torch.autograd.grad(loss(first, second, temperature), (first, second))


@hookimpl
def nt_xent(z1, z2, temperature):
    unit = solution.unit_rows(torch.cat((z1, z2)))
    exponentials = torch.exp(unit @ unit.mT / temperature)
    positive = exponentials[torch.arange(len(unit)), solution.positives(len(z1))]
    total = exponentials.sum(dim=1) - torch.exp(torch.tensor(1.0 / temperature, dtype=z1.dtype))
    return -(positive / total).log().mean()


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
