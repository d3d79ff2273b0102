"""Inputs of the public tests, drawn anew each time you check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from torchgrade.testing import Case, Draw, Lesson, check

Array = np.ndarray[Any, Any]

# Five rows of three pixels each, for 0 to 9.
GLYPHS = np.array(
    [
        [[pixel == "#" for pixel in row] for row in glyph.split()]
        for glyph in (
            "### #.# #.# #.# ###",
            "..# ..# ..# ..# ..#",
            "### ..# ### #.. ###",
            "### ..# ### ..# ###",
            "#.# #.# ### ..# ..#",
            "### #.. ### ..# ###",
            "### #.. ### #.# ###",
            "### ..# ..# ..# ..#",
            "### #.# ### #.# ###",
            "### #.# ### ..# ###",
        )
    ]
)

# kernel, stride, padding: with rows and columns that differ.
CONVOLUTIONS = {
    "no stride, no padding": ((2, 3), (1, 1), (0, 0)),
    "padding": ((3, 2), (1, 1), (2, 1)),
    "strides": ((2, 3), (3, 2), (0, 0)),
    "strides and padding": ((3, 2), (2, 3), (1, 2)),
}
POOLS = {
    "windows side by side": ((2, 3), (2, 3), (0, 0)),
    "windows that overlap": ((3, 2), (1, 1), (0, 0)),
    "strides and padding": ((3, 4), (2, 3), (1, 2)),
}


def convolutions(draw: Draw) -> list[Case]:
    """Small convolutions."""
    n, c, f = draw.sizes(3, 2, 4)
    return [
        Case(
            category,
            x=draw.normal(n, c, 5, 6),
            weight=draw.normal(f, c, *kernel),
            bias=draw.normal(f),
            stride=stride,
            padding=padding,
        )
        for category, (kernel, stride, padding) in CONVOLUTIONS.items()
    ]


def pools(draw: Draw) -> list[Case]:
    """Pooling of values that lie so far apart that a small step changes no maximum."""
    n, c = draw.sizes(2, 1, 3)
    count = n * c * 6 * 7
    values = (np.arange(count) - 0.6 * count) * 0.1
    return [
        Case(
            category,
            x=draw.generator.permutation(values).reshape(n, c, 6, 7),
            kernel=kernel,
            stride=stride,
            padding=padding,
        )
        for category, (kernel, stride, padding) in POOLS.items()
    ]


def norms(draw: Draw) -> list[Case]:
    """Images whose channels have each their own mean and spread."""
    cases = []
    for category, shape in {"one image": (1, 2, 3, 4), "several images": (3, 4, 2, 5)}.items():
        channels = shape[1]
        x = draw.normal(*shape) * draw.uniform(0.5, 2.0, channels, 1, 1) + draw.normal(channels, 1, 1)
        gamma, beta = draw.uniform(0.5, 2.0, channels), draw.normal(channels)
        mean, var = draw.normal(channels), draw.uniform(0.5, 2.0, channels)
        arguments = {"x": x, "gamma": gamma, "beta": beta, "running_mean": mean, "running_var": var}
        cases.append(Case(category, **arguments, training=True, momentum=0.25, eps=0.1))
    return cases


def lessons(draw: Draw) -> list[Lesson]:
    """Three trainings on made-up digits."""
    return [_lesson(draw) for _ in range(3)]


def _lesson(draw: Draw) -> Lesson:
    images, labels = shapes(draw, 2_400)
    unseen, right = shapes(draw, 200)

    def score(results: Sequence[Any]) -> float:
        predicted = results[-1]
        whole = isinstance(predicted, np.ndarray) and predicted.dtype.kind in "iu"
        check(
            whole and predicted.shape == right.shape,
            "predict must return one whole number an image, an int64 array of shape (M,)",
        )
        return float(np.mean(predicted == right))

    seed = int(draw.integers(0, 1_000))
    return Lesson(
        case=Case("shapes", seed=seed).then("fit", images, labels).then("predict", unseen), score=score
    )


def stream(draw: Draw) -> list[Array]:
    """A few images with their labels, and some more without."""
    images, labels = shapes(draw, 200)
    unseen, _ = shapes(draw, 20)
    return [images, labels, unseen]


def shapes(draw: Draw, count: int) -> tuple[Array, Array]:
    """Images of digits as on a pocket calculator, somewhere near the middle, in noise."""
    images = draw.uniform(0.0, 0.3, count, 8, 8)
    labels = draw.integers(0, 10, count)
    for image, label in zip(images, labels, strict=True):
        row, column = draw.integers(1, 3), draw.integers(2, 4)
        image[row : row + 5, column : column + 3] += GLYPHS[label] * draw.uniform(0.4, 0.7)
    return images, labels
