"""Inputs of the public tests, drawn anew each time you check."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from torchgrade.remote.proxy import RemoteObject
from torchgrade.testing import Case, Draw, Lesson, Practice, Scored, check
from torchgrade.testing.exhibits import images as image_rows
from torchgrade.testing.exhibits import scatter
from torchgrade.testing.samples import frechet_distance, nearest_distances

Tensor = torch.Tensor
Array = np.ndarray[Any, Any]

MODES, STEPS, PORTION, BATCH, LATENT = 5, 600, 50, 128, 4
NEAR, LEAST_MODES, LEAST_SHARE, SHOWN = 3.0, 4, 0.04, 1_000
IMAGES, COUNT, FEW, DIRECTIONS = 900, 500, 10, 12
NEXT_TO, PAPER = 0.8, 1e-6


def pairs(draw: Draw) -> list[Case]:
    """Logits of both kinds, in all forms of shape."""
    n, m = draw.sizes(2, 3, 9)
    shapes = (((n, 1), (m, 1)), ((n,), (m,)), ((n, 1), (m,)), ((n,), (m, 1)))
    return [
        Case(
            f"shapes {one} and {other}",
            real_logits=torch.from_numpy(draw.normal(*one, scale=2.0)),
            fake_logits=torch.from_numpy(draw.normal(*other, scale=2.0)),
        )
        for one, other in shapes
    ]


def models(draw: Draw) -> list[Case]:
    """Arguments of ``gan``."""
    data, latent = draw.sizes(2, 2, 6)
    return [Case("a model", data_dim=data, latent_dim=latent, seed=int(draw.integers(0, 1_000)))]


def five(draw: Draw) -> list[Practice]:
    """Rings of five Gaussians: three are made up, two successes or two misses end it."""
    return [practice(draw) for _ in range(3)]


def practice(draw: Draw) -> Practice:
    """Five Gaussians on a circle, and a training that is driven from here."""
    angles = draw.uniform(0.0, math.tau) + math.tau * np.arange(MODES) / MODES
    centres, sigma = 2.0 * np.stack([np.cos(angles), np.sin(angles)], axis=1), 0.2

    def points(count: int) -> Tensor:
        drawn = centres[draw.integers(0, MODES, count)] + sigma * draw.normal(count, 2)
        return torch.from_numpy(drawn)

    def noise(count: int) -> Tensor:
        return torch.from_numpy(draw.normal(count, LATENT))

    def train(model: RemoteObject) -> Scored:
        for _ in range(STEPS // PORTION):
            calls: list[tuple[Any, ...]] = []
            for _ in range(PORTION):
                calls.append(("discriminator_step", points(BATCH), noise(BATCH)))
                calls.append(("generator_step", noise(BATCH)))
            model.in_turn(*calls)
        made = model.sample(noise(SHOWN))
        right = isinstance(made, Tensor) and made.shape == (SHOWN, 2) and made.dtype is torch.float64
        check(right, f"`sample` must return a float64 tensor of shape ({SHOWN}, 2) here")
        distances = np.linalg.norm(made.numpy()[:, None] - centres, axis=2)
        near = distances.min(axis=1) <= NEAR * sigma
        counts = np.bincount(distances.argmin(axis=1)[near], minlength=MODES)
        modes = int((counts >= LEAST_SHARE * SHOWN).sum())
        shown = {"real points": points(300), "your samples": made[:300]}
        picture = scatter(f"five Gaussians: {modes} found, {near.mean():.0%} of the samples near one", shown)
        return Scored(figure=float(near.mean()) if modes >= LEAST_MODES else 0.0, exhibits=(picture,))

    seed = int(draw.integers(0, 1_000))
    return Practice(arguments={"data_dim": 2, "latent_dim": LATENT, "seed": seed}, train=train)


def bars(draw: Draw, count: int) -> Array:
    """Images (count, 8, 8) of one bar each, across or upright, soft at its edges."""
    across = np.arange(8.0)
    place, width = draw.uniform(1.5, 5.5, count, 1), draw.uniform(0.7, 1.4, count, 1)
    profile = np.exp(-(((across - place) / width) ** 2))
    ends = draw.uniform(0.0, 2.0, count, 1), draw.uniform(5.0, 7.0, count, 1)
    along = ((across >= ends[0]) & (across <= ends[1])).astype(np.float64)
    upright = along[:, :, None] * profile[:, None, :]
    turned = draw.integers(0, 2, count)[:, None, None] == 1
    return np.where(turned, upright, upright.transpose(0, 2, 1))


def lessons(draw: Draw) -> list[Lesson]:
    """Trainings on bars: three are made up, two successes or two misses end it."""
    return [lesson(draw) for _ in range(3)]


def lesson(draw: Draw) -> Lesson:
    """A training, and the same samples twice with others in between."""
    training, held_out = bars(draw, IMAGES), bars(draw, IMAGES)
    case = Case("bars", seed=int(draw.integers(0, 1_000))).then("fit", torch.from_numpy(training).float())
    case.then("sample", COUNT, 1).then("sample", FEW, 2).then("sample", COUNT, 1)

    def score(results: Sequence[Any]) -> Scored:
        _, made, others, again = results
        for found, count in ((made, COUNT), (others, FEW), (again, COUNT)):
            right = (
                isinstance(found, Tensor) and found.shape == (count, 8, 8) and found.dtype is torch.float32
            )
            check(right, f"`sample` must return a float32 tensor of shape ({count}, 8, 8) here")
            check(bool(((found >= 0) & (found <= 1)).all()), "`sample` returns values outside of 0 to 1")
        check(torch.equal(made, again), "`sample` returns other images for the same count and seed")
        check(not torch.equal(made[:FEW], others), "`sample` returns the same images for another seed")
        flat = [images.reshape(len(images), -1) for images in (made.double().numpy(), training, held_out)]
        nearest = nearest_distances(flat[0], flat[1], 1)
        usual = nearest_distances(flat[2], flat[1], 1)
        check(np.median(nearest) >= np.median(usual) / 2, "your samples are next to images of the training")
        shown = image_rows("samples", {"yours": made, "the training's": training})
        return Scored(figure=distance(flat[0], flat[2]), exhibits=(shown,))

    return Lesson(case=case, score=score)


def distance(made: Array, real: Array) -> float:
    """Return the Fréchet distance in the directions in which real images differ most, over their variance."""
    values, vectors = np.linalg.eigh(np.cov(real, rowvar=False))
    directions = vectors[:, -DIRECTIONS:]
    return frechet_distance(made @ directions, real @ directions) / float(values[-DIRECTIONS:].sum())


def at_home(images: Any, training: Any, unseen: Any) -> dict[str, float]:
    """Return how new and how different from each other digits are, by the measures of the grading.

    Nothing here calls it: it is for you. Whether the images look like digits it does not say.

    Args:
        images: your samples, a tensor or an array of shape (N, 8, 8), N >= 2.
        training: what ``fit`` was given, of shape (M, 8, 8), M >= 2.
        unseen: other digits, upright or turned as those are.

    Returns:
        ``next_to_one``: share of the samples that lie next to a single training image, at most 0.25;
        ``nearest``: median distance to the nearest training image over what it is for unseen digits, at
        least 0.7; ``variety``: median distance to the nearest other sample over what it is among training
        images, at least 0.4.
    """
    made, seen, other = (np.asarray(each, dtype=np.float64) for each in (images, training, unseen))
    found, usual = two_nearest(made, seen), two_nearest(other, seen)
    apart, among = (nearest_distances(each, each, 2)[:, 1] for each in (unit(made), unit(seen)))
    return {
        "next_to_one": float(np.mean(found[:, 0] <= NEXT_TO * found[:, 1])),
        "nearest": float(np.median(found[:, 0]) / np.median(usual[:, 0])),
        "variety": float(np.median(apart) / np.median(among)),
    }


def unit(images: Array) -> Array:
    """Return images as vectors of length 1, whatever their ink."""
    flat = images.reshape(len(images), -1)
    lengths: Array = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.maximum(lengths, PAPER)


def two_nearest(images: Array, training: Array) -> Array:
    """Return the distances (N, 2) to the two nearest training images, each in the best of nine places."""
    best = np.full((len(images), len(training)), np.inf)
    padded = np.pad(training, [(0, 0), (1, 1), (1, 1)])
    for row in range(3):
        for column in range(3):
            moved = unit(padded[:, row : row + 8, column : column + 8])
            best = np.minimum(best, 2.0 - 2.0 * unit(images) @ moved.T)
    distances: Array = np.sqrt(np.maximum(np.sort(best, axis=1)[:, :2], 0.0))
    return distances
