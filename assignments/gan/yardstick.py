"""A workload of about the same operations as a good solution, with none of its answers.

Where there is no reference to compare with, time is compared with this, and converted by
what ``yardstick.toml`` says. Its numbers mean nothing: it takes batches through products and narrow
functions of the sizes that occur, and back, about as often as two networks do.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torchgrade import hookimpl

WIDTH = 64
TENSORS = 8


class Passes:
    """Some matrices, and what passes them."""

    def __init__(self, data_dim: int, latent_dim: int) -> None:
        sizes = (latent_dim, WIDTH), (data_dim, WIDTH), (WIDTH, WIDTH), (WIDTH, 1)
        self.noise, self.data, self.square, self.last = (
            torch.full(size, 0.01, dtype=torch.float64, requires_grad=True) for size in sizes
        )
        self.kept = [torch.zeros(WIDTH, WIDTH, dtype=torch.float64) for _ in range(3)]

    def through(self, rows: Tensor, first: Tensor) -> Tensor:
        """Pass rows on, two times squeezed to the same size."""
        for weight in (first, self.square):
            rows = rows @ weight
            rows = ((rows - rows.mean(dim=0)) * rows.var(dim=0).add(1.0).rsqrt() + 0.1).relu()
        return rows

    def back(self, total: Tensor, *weights: Tensor) -> Tensor:
        """Take gradients and mix them into what is kept, as often as there are tensors."""
        gradients = torch.autograd.grad(total, weights)
        with torch.no_grad():
            for number in range(TENSORS):
                g, (one, two, three) = gradients[number % len(gradients)], self.kept
                one[: len(g), : g.shape[1]].mul_(0.5).add_(g, alpha=0.5)
                two[: len(g), : g.shape[1]].mul_(0.5).addcmul_(g, g, value=0.5)
                three.addcdiv_(one, two.sqrt().mul_(0.5).add_(1.0), value=0.01)
        return total.detach()

    def discriminator_step(self, real: Tensor, noise: Tensor) -> Tensor:
        """Three passes forward, two back."""
        with torch.no_grad():
            self.through(noise, self.noise)
        total = sum((self.through(real, self.data) @ self.last).mean() for _ in range(2))
        assert isinstance(total, Tensor)
        return self.back(total, self.data, self.square, self.last)

    def generator_step(self, noise: Tensor) -> Tensor:
        """Two passes, forward and back."""
        rows = self.through(noise, self.noise)
        rows = self.through(rows, self.square)
        return self.back((rows @ self.last).mean(), self.noise, self.square)

    def sample(self, noise: Tensor) -> Tensor:
        """One pass."""
        with torch.no_grad():
            return self.through(noise, self.noise) @ self.square[:, : len(self.data)]


@hookimpl
def gan(data_dim: int, latent_dim: int, seed: int) -> Any:
    """Return something with the methods that are measured."""
    return Passes(data_dim, latent_dim)
