# canary: torchgrade-reference-7f3c1d
"""Inputs of the hidden tests, smallest first, drawn so that a right answer cannot be had by luck.

No two sizes of a case are equal where a mistake could mix them up, and rows have lengths of their own. The
two views of an image lie nearer to each other than chance, not on each other; what a case is there for (a
denominator that its positive does not fill, a row that is far from all others) is checked, and drawn again
until it holds.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch.nn import functional

from torchgrade.testing import Case, Draw
from torchgrade.testing.data import Digits, digits

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor
T = TypeVar("T")

# Of a softmax that is neither uniform nor on one row: the mean probability of the positives.
SHARE = (0.1, 0.85)
# At a low temperature: some row clearly prefers another to its positive, so that there is a gradient.
CONTESTED = 0.7
COLD = 0.001

CLASSES, PIXELS = 10, 8
ANGLE, ZOOM = math.radians(15.0), 0.15
# Of the classifier that augmentation is judged by; of the probe that features are.
COPIES, NOISE = 6, 0.1
DRAWS, PENALTY = 100, 0.1


def until(make: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """Draw again until the draw has the wanted property."""
    for _ in range(500):
        value = make()
        if holds(value):
            return value
    raise RuntimeError("the wanted property is too rare")


def lengths(draw: Draw, rows: int, low: float = 0.3, high: float = 3.0) -> Tensor:
    """Return lengths of rows, shape (rows, 1), evenly spread over their orders of magnitude."""
    return torch.from_numpy(np.exp(draw.uniform(math.log(low), math.log(high), rows, 1)))


def directions(draw: Draw, rows: int, columns: int) -> Tensor:
    """Return rows of length 1, float64."""
    drawn = torch.from_numpy(np.asarray(draw.normal(rows, columns)))
    return drawn / torch.linalg.vector_norm(drawn, dim=1, keepdim=True)


def rows_of(draw: Draw, rows: int, columns: int) -> Tensor:
    """Return rows of all directions and of lengths from 0.3 to 3."""
    return directions(draw, rows, columns) * lengths(draw, rows)


def strided(draw: Draw, tensor: Tensor) -> Tensor:
    """Return a view that is not contiguous, with the same values."""
    return torch.from_numpy(draw.strided(tensor.numpy()))


def cosines(z: Tensor) -> Tensor:
    """Return the similarities of all rows, float64."""
    z = z.double()
    norms = torch.linalg.vector_norm(z, dim=1, keepdim=True)
    unit = z / norms.masked_fill(norms == 0.0, 1.0)
    return unit @ unit.mT


def probabilities(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    """Return the softmax of each of the 2N rows over all others."""
    logits = (cosines(torch.cat((z1, z2))) / temperature).fill_diagonal_(-math.inf)
    return logits.softmax(dim=1)


def share_of_positives(z1: Tensor, z2: Tensor, temperature: float) -> float:
    """Return the mean probability of the positives."""
    every = torch.arange(2 * len(z1))
    return float(probabilities(z1, z2, temperature)[every, every.roll(len(z1))].mean())


def tells(pair: tuple[Tensor, Tensor], temperature: float) -> bool:
    """Tell whether positives and negatives both have a say."""
    low, high = SHARE
    return len(pair[0]) == 1 or low < share_of_positives(*pair, temperature) < high


def views(
    draw: Draw, count: int, columns: int, temperature: float, nearness: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Return two views of ``count`` images: near each other, and of other lengths.

    Args:
        draw: whence they come.
        count: N.
        columns: D.
        temperature: at which positives and negatives shall both have a say.
        nearness: length of what the views share; of what they do not, 1.
    """

    def make() -> tuple[Tensor, Tensor]:
        shared = nearness * directions(draw, count, columns)
        first, second = ((shared + directions(draw, count, columns)) * lengths(draw, count) for _ in range(2))
        return first, second

    return until(make, lambda pair: tells(pair, temperature))


def pair_case(category: str, pair: tuple[Tensor, Tensor], temperature: float) -> Case:
    """Return a case of the loss or of its gradient."""
    return Case(category, z1=pair[0], z2=pair[1], temperature=temperature)


def similarities(draw: Draw) -> list[Case]:
    """Matrices of all shapes, layouts and lengths of rows."""
    m, n, columns = draw.sizes(3, 3, 8)
    wide = rows_of(draw, m, columns), rows_of(draw, n, columns)
    tiny = directions(draw, m, columns) * lengths(draw, m, 1.1e-6, 1e-4)
    huge = directions(draw, n, columns) * lengths(draw, n, 1e4, 9e5)
    return [
        Case("one row each", z1=rows_of(draw, 1, columns), z2=rows_of(draw, 1, columns)),
        Case("one column", z1=rows_of(draw, 2, 1), z2=rows_of(draw, 3, 1)),
        Case("one row and several", z1=rows_of(draw, 1, columns), z2=rows_of(draw, n, columns)),
        Case("several rows", z1=wide[0], z2=wide[1]),
        Case("as many rows as columns", z1=rows_of(draw, n, n), z2=rows_of(draw, n, n)),
        Case("not contiguous", z1=strided(draw, wide[0]), z2=strided(draw, wide[1])),
        Case("tiny and huge rows", z1=tiny, z2=huge),
        Case("float32", z1=wide[0].float(), z2=wide[1].float()),
        Case("float32, tiny and huge rows", z1=tiny.float(), z2=huge.float()),
    ]


def zero_similarities(draw: Draw) -> list[Case]:
    """A zero row on either side, on both, and nothing but zeros."""
    m, n, columns = draw.sizes(3, 3, 7)
    first, second = rows_of(draw, m, columns), rows_of(draw, n, columns)
    holes = [with_zeros(draw, each) for each in (first, second)]
    return [
        Case("a zero row among the first", z1=holes[0], z2=second),
        Case("a zero row among the second", z1=first, z2=holes[1]),
        Case("a zero row on both sides", z1=holes[0], z2=holes[1]),
        Case("zeros only", z1=torch.zeros_like(first), z2=second),
        Case("float32, a zero row on both sides", z1=holes[0].float(), z2=holes[1].float()),
    ]


def with_zeros(draw: Draw, z: Tensor) -> Tensor:
    """Return rows of which one, drawn at random, is zero."""
    holed = z.clone()
    holed[int(draw.integers(0, len(z)))] = 0.0
    return holed


def losses(draw: Draw) -> list[Case]:
    """From two images on, at temperatures of the usual size, none of them 1."""
    n, columns = draw.sizes(2, 4, 9)
    many = int(draw.integers(20, 30))
    warm, cool = (float(draw.uniform(low, high)) for low, high in ((1.5, 2.5), (0.2, 0.6)))
    apart = views(draw, n, columns, 0.35, nearness=1.5)
    square = int(draw.integers(3, 6))
    return [
        pair_case("two images", views(draw, 2, 3, cool), cool),
        pair_case("three images", views(draw, 3, 5, 0.5), 0.5),
        pair_case("several images", views(draw, n, columns, cool, nearness=1.5), cool),
        pair_case("a temperature above 1", views(draw, 3, 4, warm), warm),
        pair_case("one column", unlike_signs(draw, 3), 0.7),
        pair_case("as many columns as rows of both views", views(draw, square, 2 * square, cool), cool),
        pair_case("not contiguous", (strided(draw, apart[0]), strided(draw, apart[1])), 0.35),
        pair_case("many images", views(draw, many, 16, 0.2, nearness=2.0), 0.2),
    ]


def unlike_signs(draw: Draw, count: int) -> tuple[Tensor, Tensor]:
    """Return views of one column in which some positives have the same sign and some have not."""

    def make() -> tuple[Tensor, Tensor]:
        return rows_of(draw, count, 1), rows_of(draw, count, 1)

    return until(make, lambda pair: 0 < int((pair[0] * pair[1] > 0.0).sum()) < count)


def single_losses(draw: Draw) -> list[Case]:
    """Float32."""
    n, columns = draw.sizes(2, 4, 9)
    return [
        pair_case("float32, several images", single(views(draw, n, columns, 0.35, nearness=1.5)), 0.35),
        pair_case("float32, many images", single(views(draw, 24, 16, 0.2, nearness=2.0)), 0.2),
    ]


def single(pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Return views in float32."""
    return pair[0].float(), pair[1].float()


def alike_losses(draw: Draw) -> list[Case]:
    """What has a value that is known beforehand: one image, all rows equal, both views equal."""
    n, columns = draw.sizes(2, 3, 7)
    one = rows_of(draw, 1, columns)
    ray = directions(draw, 1, columns)
    same = views(draw, n, columns, 0.5)[0]
    return [
        pair_case("one image", (one, rows_of(draw, 1, columns)), 0.5),
        pair_case("two images, all rows equal", (one.repeat(2, 1), one.repeat(2, 1)), 0.3),
        pair_case("several images, all rows equal", (one.repeat(n, 1), one.repeat(n, 1)), 0.7),
        pair_case(
            "all rows in one direction, of several lengths",
            (ray * lengths(draw, n), ray * lengths(draw, n)),
            0.7,
        ),
        pair_case("both views equal", (same, same.clone()), 0.5),
    ]


def cold(draw: Draw, temperature: float, count: int, columns: int) -> tuple[Tensor, Tensor]:
    """Return views for a low temperature: not every positive is the nearest, and one row is far from all.

    At the lowest one, that row's largest logit lies 800 below 1 / temperature: what is exact there is gone
    if it is shifted by anything but its own maximum.
    """
    gap = 800.0 * COLD if temperature == COLD else 0.4

    def make() -> tuple[Tensor, Tensor]:
        side = directions(draw, 1, columns)
        first, second = (side + directions(draw, count, columns) for _ in range(2))
        first[int(draw.integers(0, count))] = 0.5 * directions(draw, 1, columns)[0] - side[0]
        return first * lengths(draw, count), second * lengths(draw, count)

    def holds(pair: tuple[Tensor, Tensor]) -> bool:
        nearest = cosines(torch.cat(pair)).fill_diagonal_(-1.0).amax(dim=1)
        return float(nearest.min()) < 1.0 - gap and share_of_positives(*pair, temperature) < CONTESTED

    return until(make, holds)


def cold_losses(draw: Draw) -> list[Case]:
    """Temperatures down to 0.001 at which exponentials of similarities overflow, and a hot one."""
    n, columns = draw.sizes(2, 5, 8)
    return [
        pair_case("temperature 0.05", cold(draw, 0.05, n, columns), 0.05),
        pair_case("temperature 0.01", cold(draw, 0.01, n, columns), 0.01),
        pair_case("temperature 0.001, two images", cold(draw, COLD, 2, 3), COLD),
        pair_case("temperature 0.001, two images that are all unlike", scattered(draw, 2, 4), COLD),
        pair_case("temperature 0.001", cold(draw, COLD, n, columns), COLD),
        pair_case("temperature 100", rows_pair(draw, n, columns), 100.0),
    ]


def scattered(draw: Draw, count: int, columns: int) -> tuple[Tensor, Tensor]:
    """Return views of which no two are so alike that an exponential overflows, but for a row and itself."""

    def holds(pair: tuple[Tensor, Tensor]) -> bool:
        similar = cosines(torch.cat(pair)).fill_diagonal_(-1.0)
        return float(similar.max()) < 0.65 and share_of_positives(*pair, COLD) < CONTESTED

    return until(lambda: rows_pair(draw, count, columns), holds)


def rows_pair(draw: Draw, count: int, columns: int) -> tuple[Tensor, Tensor]:
    """Return views that have nothing to do with each other."""
    return rows_of(draw, count, columns), rows_of(draw, count, columns)


def cold_single_losses(draw: Draw) -> list[Case]:
    """Float32 at temperature 0.01: an exponential of 100 overflows."""
    n, columns = draw.sizes(2, 5, 8)
    return [pair_case("float32, temperature 0.01", single(cold(draw, 0.01, n, columns)), 0.01)]


def zero_losses(draw: Draw) -> list[Case]:
    """A zero row in one view, in both views of one image, and a similarity to itself that is not 1."""
    n, columns = draw.sizes(2, 3, 6)
    first, second = views(draw, n, columns, 0.5)
    holes = with_zeros(draw, first), with_zeros(draw, second)
    both = first.clone(), second.clone()
    for part in both:
        part[1] = 0.0
    return [
        pair_case("a zero row in the first view", (holes[0], second), 2.0),
        pair_case("a zero row in the second view", (first, holes[1]), 0.4),
        pair_case("both views of one image are zero", both, 0.4),
        pair_case("one image, one view is zero", (torch.zeros(1, columns).double(), first[:1]), 0.4),
        pair_case("float32, a zero row", single((holes[0], second)), 0.4),
    ]


def gradients(draw: Draw) -> list[Case]:
    """All of the loss's usual cases, in which the gradient is no accident of rounding."""
    return [case for case in losses(draw) if case.arguments["z1"].shape[1] > 1]


def cold_gradients(draw: Draw) -> list[Case]:
    """Low temperatures at which the gradient is not zero: some positive is not the nearest."""
    n, columns = draw.sizes(2, 5, 8)
    return [
        pair_case(f"temperature {temperature:g}", cold(draw, temperature, n, columns), temperature)
        for temperature in (0.05, 0.01, COLD)
    ]


def cold_single_gradients(draw: Draw) -> list[Case]:
    """Float32 at temperature 0.01."""
    n, columns = draw.sizes(2, 5, 8)
    return [pair_case("float32, temperature 0.01", single(cold(draw, 0.01, n, columns)), 0.01)]


def odd_gradients(draw: Draw) -> list[Case]:
    """One image, where all gradients are zero, and zero rows."""
    n, columns = draw.sizes(2, 3, 6)
    one: Any = pair_case("one image", (rows_of(draw, 1, columns), rows_of(draw, 1, columns)), 0.5)
    return [one, *(case for case in zero_losses(draw) if len(case.arguments["z1"]) > 1), zeros(n, columns)]


def zeros(count: int, columns: int) -> Case:
    """Return a case of nothing but zeros."""
    empty = torch.zeros(count, columns, dtype=torch.float64)
    return pair_case("zeros only", (empty, empty.clone()), 0.4)


def seed_of(draw: Draw) -> int:
    """Return a seed for the student."""
    return int(draw.integers(0, 1_000_000))


def turned(images: Array, way: int) -> Array:
    """Return images mirrored or turned: the eight ways of a square, of which 0 leaves them."""
    mirrored = images[:, :, ::-1] if way >= 4 else images
    return np.ascontiguousarray(np.rot90(mirrored, way % 4, axes=(1, 2)))


def moved(draw: Draw, images: Array) -> Array:
    """Turn each image by up to 15 degrees, stretch it by up to exp(0.15), shift it by up to one pixel."""
    count = len(images)
    angle, across, up = (draw.uniform(-size, size, count) for size in (ANGLE, ZOOM, ZOOM))
    shift = draw.uniform(-2.0 / PIXELS, 2.0 / PIXELS, 2, count)
    cosine, sine, across, up = np.cos(angle), np.sin(angle), np.exp(across), np.exp(up)
    rows = [[cosine * across, -sine * up, shift[0]], [sine * across, cosine * up, shift[1]]]
    places = functional.affine_grid(
        torch.from_numpy(np.stack([np.stack(row, axis=1) for row in rows], axis=1)),
        [count, 1, PIXELS, PIXELS],
        align_corners=False,
    )
    given = torch.from_numpy(np.array(images, dtype=np.float64))[:, None]
    return functional.grid_sample(given, places, align_corners=False)[:, 0].clamp(0.0, 1.0).numpy()


def tensor(images: Array) -> Tensor:
    """Return images as the contract has them."""
    return torch.from_numpy(np.array(images, dtype=np.float32))


def upside(draw: Draw, first: int) -> Digits:
    """Return digits that are all mirrored or turned in one way, from ``first`` on."""
    data, way = digits(draw), int(draw.integers(first, 8))
    return Digits(
        images=turned(data.images, way),
        labels=data.labels,
        held_out_images=turned(data.held_out_images, way),
        held_out_labels=data.held_out_labels,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Digits for augmentation.

    Attributes:
        images, labels: 360 of them.
        ways: shape (8, 360, 8, 8), the images and all other ways to mirror or turn them.
        copies: shape (320, 8, 8), 16 of each of 20 images.
        seed: for the student.
        classifier: has learnt other digits, moved and with noise.
    """

    images: Tensor
    labels: Array
    ways: Tensor
    copies: Tensor
    seed: int
    classifier: KNeighborsClassifier


def shown(draw: Draw) -> list[Shown]:
    """Return digits for augmentation, in a list of one."""
    data = upside(draw, 0)
    examples = np.stack([data.images, *(moved(draw, data.images) for _ in range(COPIES))])
    spread = NOISE * draw.uniform(0.0, 1.0, COPIES + 1, len(data.images), 1, 1)
    noisy = np.clip(examples + spread * draw.normal(*examples.shape), 0.0, 1.0).reshape(-1, PIXELS * PIXELS)
    images = data.held_out_images
    made = Shown(
        images=tensor(images),
        labels=data.held_out_labels,
        ways=tensor(np.stack([turned(images, way) for way in range(8)])),
        copies=tensor(np.repeat(images[:20], 16, axis=0)),
        seed=seed_of(draw),
        classifier=KNeighborsClassifier(3).fit(noisy, np.tile(data.labels, COPIES + 1)),
    )
    return [made]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A linear probe on few labels: ridge regression to one-hot targets, averaged over draws.

    Attributes:
        rows: shape (DRAWS, labels a class * CLASSES), which of the training images have labels.
    """

    labels: Array
    held_out_labels: Array
    rows: Array

    @property
    def labelled(self) -> str:
        """How many labels it is told, in words."""
        count = self.rows.shape[1] // CLASSES
        return "one label" if count == 1 else f"{count} labels"

    def accuracy(self, features: Array, held_out: Array) -> float:
        """Return its mean accuracy on the held-out features."""
        mean = features.mean(axis=0)
        size = math.sqrt(float(np.square(features - mean).sum(axis=1).mean())) + 1e-30
        given, asked = (features - mean) / size, (held_out - mean) / size
        rows = self.rows
        targets = np.eye(CLASSES)[self.labels[rows]] - 1.0 / CLASSES
        kernels = (given @ given.T)[rows[:, :, None], rows[:, None, :]] + PENALTY * np.eye(rows.shape[1])
        weights = np.linalg.solve(kernels, targets)
        near = (asked @ given.T)[:, rows].transpose(1, 0, 2)  # (draws, held out, labelled)
        guessed = (near @ weights).argmax(axis=2)
        return float((guessed == self.held_out_labels).mean())


def probe_of(draw: Draw, data: Digits, labelled: int) -> Probe:
    """Return a probe that is told ``labelled`` images of each digit."""
    members = [np.flatnonzero(data.labels == label) for label in range(CLASSES)]
    rows = [
        np.concatenate([draw.generator.choice(each, labelled, replace=False) for each in members])
        for _ in range(DRAWS)
    ]
    return Probe(labels=data.labels, held_out_labels=data.held_out_labels, rows=np.stack(rows))


class Exam:
    """Digits of one training: what is seen, and what is asked.

    Attributes:
        seen: images for ``fit``.
        given, asked: moved images, of the training and held out.
        again: the held-out images, moved once more.
        probe: with labels of ``given``, ``labelled`` of each digit.
    """

    def __init__(self, draw: Draw, count: int, labelled: int) -> None:
        whole = upside(draw, 1)
        data = dataclasses.replace(whole, images=whole.images[:count], labels=whole.labels[:count])
        self.seen = tensor(data.images)
        self.given, self.asked, self.again = (
            tensor(moved(draw, images))
            for images in (data.images, data.held_out_images, data.held_out_images)
        )
        self.probe = probe_of(draw, data, labelled)
        self.seed = seed_of(draw)
        self.labelled = labelled

    def case(self, category: str) -> Case:
        """Return a case that is trained and has embedded what the probe needs."""
        case = Case(category, seed=self.seed).then("fit", self.seen)
        return case.then("embed", self.given).then("embed", self.asked)


def exams(draw: Draw, count: int, labelled: int) -> list[Exam]:
    """Return three exams of ``count`` images, with ``labelled`` labels for each digit."""
    return [Exam(draw, count, labelled) for _ in range(3)]
