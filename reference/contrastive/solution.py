# canary: torchgrade-reference-7f3c1d
"""Contrastive learning: the model solution.

The loss and its gradient take their parts (how rows are normalised, which similarities stay in the
denominator, where a row's positive stands) as arguments, so that each can be replaced.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from torchgrade import hookimpl, report

Normalise = Callable[[Tensor], Tensor]

ANGLE = math.radians(15.0)
ZOOM = 0.15
SHIFT = 1.0
PIXELS = 8


def norms(z: Tensor) -> Tensor:
    """Return the norms of rows, shape (N, 1), with 1 in place of 0."""
    lengths: Tensor = torch.linalg.vector_norm(z, dim=1, keepdim=True)
    return lengths.masked_fill(lengths == 0.0, 1.0)


def unit_rows(z: Tensor) -> Tensor:
    """Return rows of length 1; zero rows stay zero."""
    return z / norms(z)


@hookimpl
def cosine_similarity_matrix(z1: Tensor, z2: Tensor) -> Tensor:
    return unit_rows(z1) @ unit_rows(z2).mT


def without_self(logits: Tensor) -> Tensor:
    """Take each row itself out of its denominator, in place."""
    return logits.fill_diagonal_(-math.inf)


def positives(count: int) -> Tensor:
    """Return where the positive of each of the 2N rows stands."""
    return torch.arange(2 * count).roll(count)


def loss_of(
    z1: Tensor,
    z2: Tensor,
    temperature: float,
    *,
    normalise: Normalise = unit_rows,
    leave_out: Callable[[Tensor], Tensor] = without_self,
    partners: Callable[[int], Tensor] = positives,
) -> Tensor:
    """Return NT-Xent, built from these parts."""
    unit = normalise(torch.cat((z1, z2)))
    logits = leave_out((unit @ unit.mT).div_(temperature))
    rows = torch.arange(len(unit))
    return (logits.logsumexp(dim=1) - logits[rows, partners(len(z1))]).mean()


@hookimpl
def nt_xent(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    return loss_of(z1, z2, temperature)


def through_norm(dunit: Tensor, unit: Tensor, lengths: Tensor) -> Tensor:
    """Return the gradient of rows before they were divided by their lengths; of zero rows, zero."""
    radial = (dunit * unit).sum(dim=1, keepdim=True)
    tangential = (dunit - radial * unit) / lengths
    return tangential.masked_fill((unit == 0.0).all(dim=1, keepdim=True), 0.0)


def gradients_of(
    z1: Tensor,
    z2: Tensor,
    temperature: float,
    *,
    leave_out: Callable[[Tensor], Tensor] = without_self,
    partners: Callable[[int], Tensor] = positives,
    back: Callable[[Tensor, Tensor, Tensor], Tensor] = through_norm,
) -> tuple[Tensor, Tensor]:
    """Return the gradients of ``loss_of``, built from these parts."""
    z = torch.cat((z1, z2))
    lengths = norms(z)
    unit = z / lengths
    logits = leave_out((unit @ unit.mT).div_(temperature))
    # Of a mean of softmax cross-entropies: (probabilities - one-hot) / 2N, in the place of the logits.
    logits -= logits.logsumexp(dim=1, keepdim=True)
    dlogits = logits.exp_()
    dlogits[torch.arange(len(z)), partners(len(z1))] -= 1.0
    # Each similarity is in two logits, and each row in both factors of the product.
    dunit = (dlogits @ unit + dlogits.mT @ unit) / (temperature * len(z))
    dz = back(dunit, unit, lengths)
    return dz[: len(z1)].clone(), dz[len(z1) :].clone()


@hookimpl
def nt_xent_backward(z1: Tensor, z2: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    return gradients_of(z1, z2, temperature)


def moved(images: Tensor, generator: torch.Generator) -> Tensor:
    """Turn, stretch and shift each image by random amounts of its own."""
    angle, across, up, *shift = (
        torch.rand(5, len(images), generator=generator)
        .mul(2.0)
        .sub(1.0)
        .mul(torch.tensor([ANGLE, ZOOM, ZOOM, 2 * SHIFT / PIXELS, 2 * SHIFT / PIXELS])[:, None])
    )
    cosine, sine = angle.cos(), angle.sin()
    rows = (
        torch.stack((cosine * across.exp(), -sine * up.exp(), shift[0]), dim=1),
        torch.stack((sine * across.exp(), cosine * up.exp(), shift[1]), dim=1),
    )
    places = functional.affine_grid(
        torch.stack(rows, dim=1), [len(images), 1, PIXELS, PIXELS], align_corners=False
    )
    out = functional.grid_sample(images[:, None], places, align_corners=False)[:, 0]
    return out.clamp(0.0, 1.0)


@hookimpl
def augment(images: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return moved(images, generator), moved(images, generator)


def network(width: int, features: int) -> nn.Sequential:
    """Return an encoder of images, shape (N, 8, 8), that ends in a rectifier."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(PIXELS * PIXELS, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Linear(width, features),
        nn.ReLU(),
    )


class Encoder:
    """Learns by NT-Xent on the outputs of a projection, which is then thrown away.

    Args:
        seed: of the initial weights, the order of the images and the views.
        views: makes two views of a batch, by a generator.
        loss: of two batches of projections.
    """

    WIDTH, FEATURES, PROJECTED = 256, 128, 64
    BATCH, EPOCHS = 256, 70
    TEMPERATURE = 1.0
    LEARNING_RATE = 1e-2

    def __init__(
        self,
        seed: int,
        *,
        views: Callable[[Tensor, torch.Generator], tuple[Tensor, Tensor]] | None = None,
        loss: Callable[[Tensor, Tensor, float], Tensor] = loss_of,
    ) -> None:
        self.generator = torch.Generator().manual_seed(seed)
        self.views = views or (lambda images, generator: (moved(images, generator), moved(images, generator)))
        self.loss = loss
        self.network = network(self.WIDTH, self.FEATURES)
        self.projection = nn.Linear(self.FEATURES, self.PROJECTED)
        for layer in (*self.network, self.projection):
            if isinstance(layer, nn.Linear):
                bound = 1.0 / math.sqrt(layer.in_features)
                for parameter in (layer.weight, layer.bias):
                    nn.init.uniform_(parameter, -bound, bound, generator=self.generator)

    def fit(self, images: Tensor) -> None:
        """Train by Adam, with a learning rate that rises and falls."""
        parameters = [*self.network.parameters(), *self.projection.parameters()]
        optimiser = torch.optim.Adam(parameters, lr=self.LEARNING_RATE)
        size = min(self.BATCH, len(images))
        steps = self.EPOCHS * (len(images) // size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, self.LEARNING_RATE, total_steps=steps)
        self.network.train()
        for epoch in range(self.EPOCHS):
            order = torch.randperm(len(images), generator=self.generator)
            for rows in order[: len(images) // size * size].reshape(-1, size):
                first, second = self.views(images[rows], self.generator)
                projected = self.projection(self.network(torch.cat((first, second))))
                loss = self.loss(projected[: len(rows)], projected[len(rows) :], self.TEMPERATURE)
                optimiser.zero_grad()
                torch.autograd.backward(loss)
                optimiser.step()
                schedule.step()
            if epoch % 10 == 0:
                report(f"epoch {epoch} of {self.EPOCHS}: loss {loss.item():.3f}")
        self.network.eval()

    def embed(self, images: Tensor) -> Any:
        """Return what the network says before the projection, shape (N, 128)."""
        with torch.no_grad():
            return self.network(images)


@hookimpl
def encoder(seed: int) -> Encoder:
    return Encoder(seed)
