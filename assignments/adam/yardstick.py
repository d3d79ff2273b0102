"""A workload of about the same operations as a good solution, with none of its answers.

Where there is no reference to compare with, time and memory are compared with this, and converted by
what ``yardstick.toml`` says. Its numbers mean nothing: it passes over tensors of the sizes that occur
about as often as an optimiser does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from torchgrade import hookimpl


class Passes:
    """Three tensors of each shape, and some passes over them in each step."""

    def __init__(self, params: Sequence[torch.Tensor], rate: float) -> None:
        self.rate = rate
        self.tensors = [[tensor.clone(), torch.ones_like(tensor), tensor.abs()] for tensor in params]

    def step(self, gradients: Sequence[torch.Tensor | None]) -> None:
        """Pass over everything."""
        for (first, second, third), given in zip(self.tensors, gradients, strict=True):
            if given is not None:
                second.mul_(0.5).add_(given, alpha=0.5)
                third.mul_(0.5).addcmul_(given, second, value=0.1)
                passed = third.sqrt().mul_(0.5).add_(1.0)
                first.mul_(1 - self.rate)
                first.addcmul_(second, passed, value=self.rate)

    def parameters(self) -> list[torch.Tensor]:
        """Return one tensor of each shape."""
        return [first for first, *_ in self.tensors]


@hookimpl
def adam(
    params: Sequence[torch.Tensor],
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    decoupled: bool,
    amsgrad: bool,
) -> Any:
    """Return something with the methods that are measured."""
    return Passes(params, lr)
