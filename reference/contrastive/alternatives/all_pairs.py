# canary: torchgrade-reference-7f3c1d
"""A right solution that multiplies every pair of rows entry by entry, before it sums: simple, and large."""

import math

import numpy as np
import torch
from torch import nn

from torchgrade import hookimpl

OVER_BUDGET = ("forward_time", "backward_time", "backward_memory")


@hookimpl
def cosine_similarity_matrix(z1, z2):
    products = (z1[:, None, :] * z2[None, :, :]).sum(dim=2)
    scale = torch.linalg.norm(z1, dim=1)[:, None] * z2.square().sum(1).sqrt()[None, :]
    return torch.where(scale > 0, products / torch.where(scale > 0, scale, 1), 0)


@hookimpl
def nt_xent(z1, z2, temperature):
    z = torch.cat([z1, z2])
    # Zero rows are kept out of the square root, where they would have no gradient.
    squares = (z * z).sum(1)
    sizes = torch.where(squares > 0, squares, 1).sqrt()
    dots = torch.cat([(some[:, None] * z[None, :]).sum(2) for some in z.split(128)])
    logits = dots / sizes[:, None] / sizes[None, :] / temperature
    # Without the diagonal: 2N rows of 2N - 1 logits.
    count = len(z)
    kept = logits.flatten()[1:].view(count - 1, count + 1)[:, :-1].reshape(count, count - 1)
    shifted = kept - kept.amax(1, keepdim=True).detach()
    log_p = shifted - shifted.exp().sum(1, keepdim=True).log()
    n = len(z1)
    partner = torch.cat([torch.arange(n - 1, count - 1), torch.arange(n)])
    return -log_p.gather(1, partner[:, None]).sum() / count


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    z1, z2 = z1.clone().requires_grad_(), z2.clone().requires_grad_()
    dz1, dz2 = torch.autograd.grad(nt_xent(z1, z2, temperature), [z1, z2])
    # A row of zeros is divided by 1, which does not make it move.
    return dz1 * z1.detach().any(1, keepdim=True), dz2 * z2.detach().any(1, keepdim=True)


def shear(images, along, random):
    """Shift each row (or column) of an image by an amount that grows with its place, and stretch it."""
    images = np.swapaxes(images, 1, 2) if along == "columns" else images
    slope, size = (random.uniform(-most, most, (len(images), 1)) for most in (0.3, 0.17))
    offset = random.uniform(-1.0, 1.0, (len(images), 1))
    middle = np.arange(8) - 3.5
    places = 3.5 + middle * (1 + size[:, :, None]) + (slope * middle + offset)[:, :, None]
    left = np.floor(places).astype(int)
    share = places - left
    padded = np.pad(images, ((0, 0), (0, 0), (3, 3)))
    taken = [
        np.take_along_axis(padded, np.clip(left + k, -3, 10) + 3, axis=2) * weight
        for k, weight in ((0, 1 - share), (1, share))
    ]
    out = taken[0] + taken[1]
    return np.swapaxes(out, 1, 2) if along == "columns" else out


def sheared(images, random):
    out = shear(shear(images.numpy(), "rows", random), "columns", random)
    return torch.from_numpy(np.clip(out, 0, 1).astype(np.float32))


@hookimpl
def augment(images, seed):
    random = np.random.default_rng(seed)
    return sheared(images, random), sheared(images, random)


class Tower:
    """A perceptron that compares a batch with a batch, by products of matrices."""

    def __init__(self, seed) -> None:
        self.random = np.random.default_rng(seed)
        self.weights = [nn.Parameter(self.draw(a, b)) for a, b in ((64, 256), (256, 128), (128, 64))]

    def draw(self, rows, columns):
        return torch.from_numpy(self.random.normal(0, math.sqrt(2 / rows), (rows, columns))).float()

    def features(self, images):
        hidden = images.flatten(1) - 0.3
        for weight in self.weights[:2]:
            hidden = torch.relu(nn.functional.layer_norm(hidden @ weight, weight.shape[1:]))
        return hidden

    def fit(self, images) -> None:
        optimiser = torch.optim.Adam(self.weights, lr=4e-3)
        for _ in range(max(200, len(images) * 500 // 1_437)):
            rows = torch.from_numpy(self.random.choice(len(images), 200, replace=False))
            both = [self.features(sheared(images[rows], self.random)) @ self.weights[2] for _ in range(2)]
            first, second = (z / z.norm(dim=1, keepdim=True) for z in both)
            logits = first @ second.T
            right = torch.arange(len(rows))
            loss = nn.functional.cross_entropy(logits, right) + nn.functional.cross_entropy(logits.T, right)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    def embed(self, images):
        return self.features(images).detach()


@hookimpl
def encoder(seed):
    return Tower(seed)
