# canary: torchgrade-reference-7f3c1d
"""A right solution in loops: one anchor after the other.

The encoder learns without negatives: two views shall agree in each feature, and no two features be alike
(Zbontar et al. 2021).
"""

import math

import torch
from torch import nn

from torchgrade import hookimpl

OVER_BUDGET = ("forward_time", "backward_time")


def length(row):
    return math.sqrt(sum(value * value for value in row.double().tolist()))


@hookimpl
def cosine_similarity_matrix(z1, z2):
    out = torch.zeros(len(z1), len(z2), dtype=z1.dtype)
    for i, first in enumerate(z1):
        for j, second in enumerate(z2):
            if first.any() and second.any():
                out[i, j] = float(first.double() @ second.double()) / length(first) / length(second)
    return out


def anchors(z1, z2, temperature):
    """Yield each row's number, its partner's, the probabilities of all others, and its loss."""
    z = torch.cat((z1, z2)).double()
    unit = torch.stack([row / length(row) if row.any() else row for row in z])
    for i in range(len(z)):
        partner = (i + len(z1)) % len(z)
        logits = unit @ unit[i] / temperature
        logits[i] = -torch.inf
        largest = logits.max()
        weights = torch.exp(logits - largest)
        yield i, partner, weights / weights.sum(), largest + weights.sum().log() - logits[partner]


@hookimpl
def nt_xent(z1, z2, temperature):
    total = 0.0
    for _, _, _, loss in anchors(z1, z2, temperature):
        total += float(loss)
    return torch.tensor(total / (2 * len(z1)), dtype=z1.dtype)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    z = torch.cat((z1, z2)).double()
    lengths = [length(row) for row in z]
    unit = torch.stack([row / size if size else row for row, size in zip(z, lengths, strict=True)])
    dunit = torch.zeros_like(unit)
    for i, partner, weights, _ in anchors(z1, z2, temperature):
        excess = weights.clone()
        excess[partner] -= 1.0
        excess /= temperature * len(z)
        dunit[i] += excess @ unit
        dunit += torch.outer(excess, unit[i])
    dz = torch.zeros_like(z)
    for i, size in enumerate(lengths):
        if size:
            dz[i] = (dunit[i] - (dunit[i] @ unit[i]) * unit[i]) / size
    return dz[: len(z1)].to(z1.dtype), dz[len(z1) :].to(z1.dtype)


def bilinear(images, rows, columns):
    """Look up images at fractional places, shape (N, 8, 8) each; beyond the border is paper."""
    padded = torch.zeros(len(images), 12, 12)
    padded[:, 2:10, 2:10] = images
    rows, columns = (places.add(2.0).clamp(0.0, 10.999) for places in (rows, columns))
    top, left = rows.long(), columns.long()
    down, right = rows - top, columns - left
    every = torch.arange(len(images))[:, None, None]
    upper = padded[every, top, left] * (1 - right) + padded[every, top, left + 1] * right
    lower = padded[every, top + 1, left] * (1 - right) + padded[every, top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def view(images, generator):
    """Turn and shift each image, and add a little noise."""
    turn, size, down, right = (torch.rand(4, len(images), 1, 1, generator=generator) * 2 - 1) * torch.tensor(
        [0.3, 0.15, 1.1, 1.1]
    )[:, None, None, None]
    grid = torch.arange(8.0) - 3.5
    y, x = grid[:, None] * (1 + size), grid[None, :] * (1 + size)
    rows = turn.cos() * y - turn.sin() * x + down + 3.5
    columns = turn.sin() * y + turn.cos() * x + right + 3.5
    noise = 0.03 * torch.randn(images.shape, generator=generator)
    return (bilinear(images, rows, columns) + noise).clamp(0.0, 1.0)


@hookimpl
def augment(images, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    return view(images, generator), view(images, generator)


class Redundancy:
    """An encoder whose features agree between views and differ from each other."""

    def __init__(self, seed) -> None:
        self.generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.body = nn.Sequential(
                nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU()
            )
            self.head = nn.Sequential(nn.Linear(128, 128), nn.BatchNorm1d(128, affine=False))

    def fit(self, images) -> None:
        parameters = [*self.body.parameters(), *self.head.parameters()]
        optimiser = torch.optim.Adam(parameters, lr=5e-3)
        eye = torch.eye(128)
        for _ in range(max(150, len(images) * 400 // 1_437)):
            rows = torch.randint(len(images), (256,), generator=self.generator)
            first, second = (
                self.head(self.body(view(images[rows], self.generator).flatten(1))) for _ in range(2)
            )
            correlation = first.T @ second / len(rows)
            difference = (correlation - eye).square()
            loss = difference.diagonal().sum() + 0.01 * (difference * (1 - eye)).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        self.body.eval()

    @torch.no_grad()
    def embed(self, images):
        return self.body(images.flatten(1))


@hookimpl
def encoder(seed):
    return Redundancy(seed)
