# canary: torchgrade-reference-7f3c1d
"""your loss has only the first views as anchors; every one of the 2N rows is an anchor once, the second
views too
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
    unit = solution.unit_rows(torch.cat((z1, z2)))
    logits = solution.without_self(unit @ unit.mT / temperature)[: len(z1)]
    rows = torch.arange(len(z1))
    return (logits.logsumexp(dim=1) - logits[rows, rows + len(z1)]).mean()


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
