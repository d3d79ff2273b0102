"""Inputs of the public tests, drawn anew each time you check; and the exam of the encoder, to look at.

The grading has other draws, and further cases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from torchgrade.testing import Case, Draw, Lesson, Scored, check
from torchgrade.testing.data import digits
from torchgrade.testing.exhibits import images as picture

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor
CLASSES, PIXELS = 10, 8
DRAWS, PENALTY = 100, 0.1


def normal(draw: Draw, *shape: int) -> Tensor:
    """Normal float64 values."""
    return torch.from_numpy(np.asarray(draw.normal(*shape)))


def pairs(draw: Draw) -> list[Case]:
    """Views of a few images, at several temperatures; rows have lengths of their own."""
    n, columns = draw.sizes(2, 3, 6)
    made = []
    for count, temperature in ((2, 0.5), (3, 2.0), (n, 0.3)):
        shared = normal(draw, count, columns)
        case = Case(
            f"{count} images, temperature {temperature:g}",
            z1=shared + normal(draw, count, columns),
            z2=(shared + normal(draw, count, columns)) * torch.from_numpy(draw.uniform(0.3, 3.0, count, 1)),
            temperature=temperature,
        )
        made.append(case)
    return made


def some_digits(draw: Draw) -> list[Tensor]:
    """Forty digits, in a list of one."""
    return [tensor(digits(draw).held_out_images[:40])]


def tensor(images: Array) -> Tensor:
    """Images as the contract has them."""
    return torch.from_numpy(np.array(images, dtype=np.float32))


def moved(draw: Draw, images: Array) -> Tensor:
    """Turn each image by up to 15 degrees, stretch it by up to exp(0.15), shift it by up to one pixel."""
    count = len(images)
    angle, across, up = (draw.uniform(-size, size, count) for size in (math.radians(15.0), 0.15, 0.15))
    shift = draw.uniform(-2.0 / PIXELS, 2.0 / PIXELS, 2, count)
    cosine, sine, across, up = np.cos(angle), np.sin(angle), np.exp(across), np.exp(up)
    rows = [[cosine * across, -sine * up, shift[0]], [sine * across, cosine * up, shift[1]]]
    matrices = torch.from_numpy(np.stack([np.stack(row, axis=1) for row in rows], axis=1)).float()
    places = functional.affine_grid(matrices, [count, 1, PIXELS, PIXELS], align_corners=False)
    return functional.grid_sample(tensor(images)[:, None], places, align_corners=False)[:, 0].clamp(0.0, 1.0)


def exams(draw: Draw, labelled: int) -> list[Lesson]:
    """Trainings without labels, each with its exam: as in the grading, but with the digits upright."""
    return [exam(draw, labelled) for _ in range(3)]


def exam(draw: Draw, labelled: int) -> Lesson:
    """A training, and a linear probe that is told ``labelled`` labels of each digit."""
    data = digits(draw)
    given, asked = moved(draw, data.images), moved(draw, data.held_out_images)
    members = [np.flatnonzero(data.labels == label) for label in range(CLASSES)]
    told = [
        np.concatenate([draw.generator.choice(each, labelled, replace=False) for each in members])
        for _ in range(DRAWS)
    ]
    case = Case("digits", seed=int(draw.integers(0, 1_000))).then("fit", tensor(data.images))
    case.then("embed", given).then("embed", asked)

    def score(results: Sequence[Any]) -> Scored:
        features, held_out = (
            features_of(got, len(images)) for got, images in zip(results[1:], (given, asked), strict=True)
        )
        check(features.shape[1] == held_out.shape[1], "`embed` returns another number of features each time")
        accuracy = float(
            np.mean([probe(features, held_out, data.labels, rows, data.held_out_labels) for rows in told])
        )
        return Scored(figure=accuracy, exhibits=(neighbours(features, given),))

    return Lesson(case=case, score=score)


def features_of(got: Any, count: int) -> Array:
    """Features as float64, if they have the form of the contract."""
    form = isinstance(got, Tensor) and got.ndim == 2 and got.dtype in {torch.float32, torch.float64}
    check(form, "`embed` returns something other than a float32 or float64 tensor with two axes")
    rows, columns = got.shape
    form = rows == count and 2 <= columns <= 128
    check(
        form, f"`embed` returns shape ({rows}, {columns}) for {count} images; expected: ({count}, 2 to 128)"
    )
    check(torch.isfinite(got).all(), "some features are NaN or infinite")
    features: Array = got.detach().double().numpy()
    spread = float(np.abs(features - features.mean(axis=0)).max())
    check(spread > 1e-4 * float(np.abs(features).max()), "all images have the same features")
    return features


def probe(features: Array, held_out: Array, labels: Array, rows: Array, held_out_labels: Array) -> float:
    """Accuracy of a ridge regression to one-hot targets, with the labels of these rows."""
    mean = features.mean(axis=0)
    size = math.sqrt(float(np.square(features - mean).sum(axis=1).mean()))
    given, asked = (features[rows] - mean) / size, (held_out - mean) / size
    targets = np.eye(CLASSES)[labels[rows]] - 1.0 / CLASSES
    kernel = given @ given.T + PENALTY * np.eye(len(rows))
    scores = (asked @ given.T) @ np.linalg.solve(kernel, targets)
    return float((scores.argmax(axis=1) == held_out_labels).mean())


def neighbours(features: Array, images: Tensor) -> Any:
    """A picture: some images of the training, and those whose features are nearest."""
    squares = np.square(features).sum(axis=1)
    distances = squares[:12, None] - 2.0 * features[:12] @ features.T + squares
    distances[np.arange(12), np.arange(12)] = np.inf
    order = torch.from_numpy(distances.argsort(axis=1)[:, :2].copy())
    rows = {"an image": images[:12], "the nearest": images[order[:, 0]], "the second": images[order[:, 1]]}
    return picture("Which images your encoder takes for alike", rows)
