"""A workload of about the same operations as a good solution, with none of its answers.

Where there is no reference to compare with, time and memory are compared with this, and converted by
what ``yardstick.toml`` says. Its numbers mean nothing: it multiplies matrices of the sizes that occur and
passes over their entries as often as is usual.
"""

from __future__ import annotations

import torch
from torch import Tensor

from torchgrade import hookimpl


def squared(z1: Tensor, z2: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """A product of matrices that gives a square, and two passes over it."""
    both = torch.cat((z2, z1))
    bounded = both / both.abs().sum(dim=1, keepdim=True)
    square = (bounded @ bounded.mT).mul_(temperature)
    square -= square.amax(dim=0, keepdim=True)
    return bounded, square


@hookimpl
def nt_xent(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    """One product, and some passes over a square of numbers."""
    _, square = squared(z1, z2, temperature)
    return square.exp().sum(dim=0).sqrt().sum()


@hookimpl
def nt_xent_backward(z1: Tensor, z2: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Three products, and some passes over a square of numbers."""
    bounded, square = squared(z1, z2, temperature)
    square -= square.exp().sum(dim=1, keepdim=True).sqrt()
    wide = square.exp_()
    gathered = wide @ bounded + wide.mT @ bounded
    return gathered[: len(z1)].clone(), gathered[len(z1) :].clone()
