"""Inputs of the public tests, drawn anew each time you check; and the exam of the encoder, to look at.

The grading has other draws, and further cases.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
TRAINING = 1_437
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
    return [lesson(draw, exam(draw, labelled)) for _ in range(3)]


@dataclass(frozen=True, kw_only=True)
class Exam:
    """What an encoder learns from, and what it is asked afterwards.

    Attributes:
        seen: images for `fit`.
        given, asked: moved images, those of the training and those held out.
        labels, held_out_labels: of the digits on these.
        told: for each draw, the rows of `given` whose labels the probe is told.
    """

    seen: Tensor
    given: Tensor
    asked: Tensor
    labels: Array
    held_out_labels: Array
    told: list[Array]

    def accuracy(self, features: Array, held_out: Array) -> float:
        """Accuracy of the probe, averaged over the draws."""
        labels, asked = self.labels, self.held_out_labels
        return float(np.mean([probe(features, held_out, labels, rows, asked) for rows in self.told]))


def exam(draw: Draw, labelled: int, count: int = TRAINING) -> Exam:
    """An exam after a training on `count` images, with `labelled` labels of each digit."""
    data = digits(draw)
    images, labels = data.images[:count], data.labels[:count]
    members = [np.flatnonzero(labels == label) for label in range(CLASSES)]
    return Exam(
        seen=tensor(images),
        given=moved(draw, images),
        asked=moved(draw, data.held_out_images),
        labels=labels,
        held_out_labels=data.held_out_labels,
        told=[
            np.concatenate([draw.generator.choice(each, labelled, replace=False) for each in members])
            for _ in range(DRAWS)
        ],
    )


def accuracy(make: Callable[[int], Any], labelled: int, seed: int = 0, count: int = TRAINING) -> float:
    """The accuracy of your own exam, without `torchgrade check`.

    Args:
        make: your `encoder`.
        labelled: labels of each digit that the probe is told.
        seed: for the encoder; each draws another exam, too.
        count: of images to learn from.
    """
    drawn = exam(Draw(seed.to_bytes(4, "big"), "at home"), labelled, count)
    model = make(seed)
    model.fit(drawn.seen)
    return drawn.accuracy(*features_of_both(drawn, [model.embed(drawn.given), model.embed(drawn.asked)]))


def lesson(draw: Draw, drawn: Exam) -> Lesson:
    """The exam as the tests hold it."""
    case = Case("digits", seed=int(draw.integers(0, 1_000))).then("fit", drawn.seen)
    case.then("embed", drawn.given).then("embed", drawn.asked)

    def score(results: Sequence[Any]) -> Scored:
        features, held_out = features_of_both(drawn, results[1:])
        return Scored(
            figure=drawn.accuracy(features, held_out), exhibits=(neighbours(features, drawn.given),)
        )

    return Lesson(case=case, score=score)


def features_of_both(drawn: Exam, results: Sequence[Any]) -> tuple[Array, Array]:
    """Features of what is given and asked."""
    given, asked = features_of(results[0], len(drawn.given)), features_of(results[1], len(drawn.asked))
    check(given.shape[1] == asked.shape[1], "`embed` returns another number of features each time")
    return given, asked


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
