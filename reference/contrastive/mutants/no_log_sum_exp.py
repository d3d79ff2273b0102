# canary: torchgrade-reference-7f3c1d
"""your loss takes exponentials of similarities as they are; at low temperatures they overflow: subtract
the largest logit of each row first, as `logsumexp` does
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = (
    "test_loss_at_extreme_temperatures",
    "test_gradient_at_low_temperatures",
)


def differentiated(loss, z1, z2, temperature):
    with torch.enable_grad():
        first, second = z1.clone().requires_grad_(), z2.clone().requires_grad_()
        return torch.autograd.grad(loss(first, second, temperature), (first, second))


@hookimpl
def nt_xent(z1, z2, temperature):
    unit = solution.unit_rows(torch.cat((z1, z2)))
    exponentials = torch.exp(solution.without_self(unit @ unit.mT / temperature))
    positive = exponentials[torch.arange(len(unit)), solution.positives(len(z1))]
    return -(positive / exponentials.sum(dim=1)).log().mean()


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
