# canary: torchgrade-reference-7f3c1d
"""your loss leaves the positive out of its denominator; it is a fraction of a whole: the sum runs over
the positive and all negatives
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
    unit = solution.unit_rows(torch.cat((z1, z2)))
    logits = solution.without_self(unit @ unit.mT / temperature)
    rows = torch.arange(len(unit))
    others = logits.index_put((rows, solution.positives(len(z1))), torch.tensor(-torch.inf, dtype=z1.dtype))
    return (others.logsumexp(dim=1) - logits[rows, solution.positives(len(z1))]).mean()


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
