# canary: torchgrade-reference-7f3c1d
"""your `nt_xent_backward` takes the denominator for a constant; without its gradient nothing pushes other
images apart, and everything is drawn together
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


def differentiated(loss, z1, z2, temperature):
    with torch.enable_grad():
        first, second = z1.clone().requires_grad_(), z2.clone().requires_grad_()
        return torch.autograd.grad(loss(first, second, temperature), (first, second))


def attraction(z1, z2, temperature):
    unit = solution.unit_rows(torch.cat((z1, z2)))
    rows = torch.arange(len(unit))
    return -(unit @ unit.mT / temperature)[rows, solution.positives(len(z1))].mean()


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(attraction, z1, z2, temperature)
