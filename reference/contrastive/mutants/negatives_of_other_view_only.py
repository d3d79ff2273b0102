# canary: torchgrade-reference-7f3c1d
"""your loss compares first views with second views only; the negatives of a row are both views of all
other images, those of its own view too
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
    logits = solution.cosine_similarity_matrix(z1, z2) / temperature
    diagonal = logits.diagonal()
    return 0.5 * (logits.logsumexp(dim=0) + logits.logsumexp(dim=1) - 2.0 * diagonal).mean()


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return differentiated(nt_xent, z1, z2, temperature)
