# canary: torchgrade-reference-7f3c1d
"""Inputs of the hidden tests, smallest first, drawn so that a right answer cannot be had by luck.

Numbers of rows are all different. Steps are compared from states in the middle of a training: a first
moment is then not the gradient nor a second one its square, and a model that starts from other weights than
it should loses the points of a new model alone.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchgrade.remote.proxy import RemoteObject
from torchgrade.testing import Case, Draw, Lesson, Practice, Scored, check
from torchgrade.testing.data import digits
from torchgrade.testing.exhibits import images as image_rows
from torchgrade.testing.exhibits import scatter
from torchgrade.testing.samples import frechet_distance, nearest_distances

Array = np.ndarray[Any, Any]

WIDTH = 64
EXTREME = 1_000.0
# torch's softplus is the identity from 20 on: up to here its gradient is off by more than the tolerance.
UNROUNDED = 21.0


def spread(draw: Draw, *shape: int, scale: float = 1.0) -> Tensor:
    """Return float64 values of both signs, as a non-contiguous view."""
    return torch.from_numpy(draw.strided(draw.normal(*shape, scale=scale)))


def strided(tensor: Tensor) -> Tensor:
    """Return a view with the same values whose rows do not lie side by side."""
    wide = torch.zeros(*tensor.shape[:-1], 2 * tensor.shape[-1], dtype=tensor.dtype)
    wide[..., ::2] = tensor
    return wide[..., ::2]


def logits(draw: Draw, rows: int, dtype: torch.dtype, *, column: bool, scale: float = 2.0) -> Tensor:
    """Return logits of shape (rows, 1) or (rows,), not centred on zero."""
    shape = (rows, 1) if column else (rows,)
    values = draw.normal(*shape, scale=scale) + draw.uniform(-1.0, 1.0)
    return strided(torch.from_numpy(np.asarray(values)).to(dtype))


def both_kinds(draw: Draw) -> list[Case]:
    """Logits of real and of generated points: both forms of shape, both dtypes, other numbers."""
    forms = {
        "one real and one generated point": (1, 1, torch.float64, True, True),
        "shapes (N, 1) and (M, 1)": (5, 8, torch.float64, True, True),
        "shapes (N,) and (M,)": (9, 4, torch.float64, False, False),
        "shapes (N, 1) and (M,)": (7, 7, torch.float64, True, False),
        "shapes (N,) and (M, 1)": (6, 11, torch.float64, False, True),
        "float32": (10, 3, torch.float32, True, True),
    }
    return [
        Case(
            words,
            real_logits=logits(draw, n, dtype, column=one),
            fake_logits=logits(draw, m, dtype, column=other),
        )
        for words, (n, m, dtype, one, other) in forms.items()
    ]


def generated(draw: Draw) -> list[Case]:
    """Logits of generated points."""
    forms = {
        "one point": (1, torch.float64, True),
        "shape (M, 1)": (6, torch.float64, True),
        "shape (M,)": (9, torch.float64, False),
        "float32": (7, torch.float32, True),
    }
    return [
        Case(words, fake_logits=logits(draw, m, dtype, column=column))
        for words, (m, dtype, column) in forms.items()
    ]


def large(draw: Draw, dtype: torch.dtype, rows: int) -> Tensor:
    """Return logits (rows, 1) up to 1,000 of both signs: each end, each side of it, and common ones."""
    ends = [EXTREME, -EXTREME, 90.0, -90.0, 40.0, -40.0, 0.0]
    sizes = draw.uniform(UNROUNDED, EXTREME, rows - len(ends))
    values = np.concatenate([ends, sizes * draw.generator.choice([-1.0, 1.0], len(sizes))])
    return strided(torch.from_numpy(draw.generator.permutation(values)[:, None]).to(dtype))


def large_of_both_kinds(draw: Draw) -> list[Case]:
    """Discriminators that are certain, and right or wrong."""
    cases = []
    for words, sign in (("certain and wrong", -1.0), ("certain and right", 1.0)):
        one = torch.full((3, 1), sign * EXTREME, dtype=torch.float64)
        cases.append(Case(words, real_logits=one, fake_logits=-one[:2]))
    for dtype in (torch.float64, torch.float32):
        words = f"from -1,000 to 1,000, {str(dtype).removeprefix('torch.')}"
        real, fake = large(draw, dtype, 12), large(draw, dtype, 9)
        cases.append(Case(words, real_logits=real, fake_logits=fake))
    return cases


def large_generated(draw: Draw) -> list[Case]:
    """Generated points of which the discriminator is certain."""
    certain = Case("certain that they are generated", fake_logits=torch.full((3, 1), -EXTREME).double())
    cases = [certain]
    for dtype in (torch.float64, torch.float32):
        words = f"from -1,000 to 1,000, {str(dtype).removeprefix('torch.')}"
        cases.append(Case(words, fake_logits=large(draw, dtype, 11)))
    return cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Sizes of a model, and its seed."""

    data: int
    latent: int
    seed: int

    @classmethod
    def of(cls, draw: Draw) -> Sizes:
        """Draw some."""
        data, latent = draw.sizes(2, 2, 9)
        return cls(data=data, latent=latent, seed=int(draw.integers(0, 2**31)))

    @property
    def shapes(self) -> dict[str, list[tuple[int, ...]]]:
        """The parameters of both networks."""
        norm = [(WIDTH,), (WIDTH,)]
        return {
            "generator": [
                (WIDTH, self.latent),
                *norm,
                (WIDTH, WIDTH),
                *norm,
                (self.data, WIDTH),
                (self.data,),
            ],
            "discriminator": [(WIDTH, self.data), (WIDTH,), (WIDTH, WIDTH), *norm, (1, WIDTH), (1,)],
        }

    def case(self, category: str) -> Case:
        """Return a case that makes such a model."""
        return Case(category, data_dim=self.data, latent_dim=self.latent, seed=self.seed)

    def real(self, draw: Draw, rows: int) -> Tensor:
        """Return points."""
        return spread(draw, rows, self.data, scale=1.5)

    def noise(self, draw: Draw, rows: int) -> Tensor:
        """Return noise."""
        return spread(draw, rows, self.latent)


def middle(draw: Draw, sizes: Sizes) -> dict[str, Any]:
    """Return a state in the middle of a training; gradients are about as large as its moments say."""
    steps = draw.sizes(2, 300, 900)
    state: dict[str, Any] = {
        name: {
            "parameters": [parameter(draw, shape) for shape in shapes],
            "m": [spread(draw, *shape, scale=5e-3) for shape in shapes],
            "v": [torch.from_numpy(draw.uniform(2e-5, 2e-4, *shape)) for shape in shapes],
            "t": t,
        }
        for (name, shapes), t in zip(sizes.shapes.items(), steps, strict=True)
    }
    state["statistics"] = [
        torch.from_numpy(draw.uniform(low, high, WIDTH))
        for low, high in ((-0.6, 0.6), (0.5, 2.0), (-0.6, 0.6), (0.5, 2.0))
    ]
    return state


def parameter(draw: Draw, shape: tuple[int, ...]) -> Tensor:
    """Return a matrix of the usual size, or a vector that is neither zeros nor ones."""
    if len(shape) > 1:
        return spread(draw, *shape, scale=(2 / shape[1]) ** 0.5)
    return torch.from_numpy(np.asarray(draw.uniform(0.4, 1.4, *shape)))


def resumed(draw: Draw, category: str) -> tuple[Sizes, Case]:
    """Return a case that goes on from the middle of a training."""
    sizes = Sizes.of(draw)
    return sizes, sizes.case(category).then("load", middle(draw, sizes))


def fresh_models(draw: Draw) -> list[Case]:
    """New models: sizes that differ, seeds that differ, one after another of the same seed."""
    sizes = Sizes.of(draw)
    one = sizes.case("a new model").then("state")
    again = sizes.case("a second one of the same seed, after the first was loaded with something else")
    again.then("load", middle(draw, sizes)).then("state", on=1)
    small = Case("D = K = 1, seed 0", data_dim=1, latent_dim=1, seed=0).then("state")
    return [one, again, small]


def states(draw: Draw) -> list[Case]:
    """What is loaded is there, in a model that did something else before."""
    sizes, case = resumed(draw, "state after load")
    case.then("state")
    sizes, used = resumed(draw, "load after other steps")
    used.then("discriminator_step", sizes.real(draw, 7), sizes.noise(draw, 4))
    used.then("generator_step", sizes.noise(draw, 5))
    used.then("load", middle(draw, sizes)).then("state")
    moved, over = resumed(draw, "the state of one model loaded by another")
    over.then("generator_step", moved.noise(draw, 16)).then("state")
    over.then("load", over.result(-1), on=1)
    over.then("discriminator_step", moved.real(draw, 12), moved.noise(draw, 9), on=1)
    over.then("generator_step", moved.noise(draw, 14), on=1).then("state", on=1)
    return [case, used, over]


def samples(draw: Draw) -> list[Case]:
    """Samples: few, many, one; a step in between."""
    sizes, case = resumed(draw, "in the middle of a training, eleven points and one")
    noise = sizes.noise(draw, 11)
    case.then("sample", noise).then("sample", noise[3:4]).then("sample", noise[:1])
    sizes, kept = resumed(draw, "nothing changes by it")
    kept.then("sample", sizes.noise(draw, 6)).then("sample", sizes.noise(draw, 300)).then("state")
    sizes, between = resumed(draw, "between steps")
    between.then("sample", sizes.noise(draw, 5))
    between.then("generator_step", sizes.noise(draw, 13))
    between.then("sample", sizes.noise(draw, 7)).then("state")
    return [case, kept, between]


def discriminator_steps(draw: Draw) -> list[Case]:
    """One step of the discriminator."""
    sizes, first = resumed(draw, "the loss")
    first.then("discriminator_step", sizes.real(draw, 12), sizes.noise(draw, 12))
    sizes, equal = resumed(draw, "as many real points as generated ones")
    equal.then("discriminator_step", sizes.real(draw, 10), sizes.noise(draw, 10)).then("state")
    sizes, other = resumed(draw, "more real points than generated ones")
    other.then("discriminator_step", sizes.real(draw, 23), sizes.noise(draw, 9)).then("state")
    sizes, fewer = resumed(draw, "few real points")
    fewer.then("discriminator_step", sizes.real(draw, 5), sizes.noise(draw, 14)).then("state")
    return [first, equal, other, fewer]


def generator_steps(draw: Draw) -> list[Case]:
    """One step of the generator."""
    sizes, first = resumed(draw, "the loss")
    cases = [first.then("generator_step", sizes.noise(draw, 12))]
    for words, rows in (("eight points", 8), ("many points", 31)):
        sizes, case = resumed(draw, words)
        cases.append(case.then("generator_step", sizes.noise(draw, rows)).then("state"))
    return cases


def alternating(draw: Draw) -> list[Case]:
    """Several steps, by turns and not by turns."""
    cases = []
    for words, order in (
        ("two steps of the discriminator", "dd"),
        ("two steps of the generator", "gg"),
        ("a step of the discriminator, then one of the generator", "dg"),
        ("a step of the generator, then one of the discriminator", "gd"),
        ("by turns", "dgdgdg"),
        ("two steps of the discriminator for one of the generator", "ddgddg"),
    ):
        sizes, case = resumed(draw, words)
        cases.append(turns(draw, sizes, case, order).then("state"))
    return cases


def turns(draw: Draw, sizes: Sizes, case: Case, order: str, on: int = 0) -> Case:
    """Add steps: d for the discriminator, g for the generator."""
    for side in order:
        rows, others = draw.sizes(2, 9, 24)
        if side == "d":
            case.then("discriminator_step", sizes.real(draw, rows), sizes.noise(draw, others), on=on)
        else:
            case.then("generator_step", sizes.noise(draw, rows), on=on)
    return case


def side_by_side(draw: Draw) -> list[Case]:
    """Two models in turn, of the same sizes and the same seed, in other states."""
    sizes, case = resumed(draw, "two models in turn")
    case.then("load", middle(draw, sizes), on=1)
    for on in (0, 1, 0, 1):
        turns(draw, sizes, case, "dg", on)
    noise = sizes.noise(draw, 6)
    case.then("sample", noise).then("sample", noise, on=1)
    return [case.then("state").then("state", on=1)]


def sides(draw: Draw) -> list[tuple[dict[str, int], dict[str, Any], Tensor, Tensor]]:
    """Two models: arguments, a state, real points and noise."""
    found = []
    for rows in (6, 40):
        sizes = Sizes.of(draw)
        arguments = {"data_dim": sizes.data, "latent_dim": sizes.latent, "seed": sizes.seed}
        found.append((arguments, middle(draw, sizes), sizes.real(draw, rows), sizes.noise(draw, rows + 3)))
    return found


MODES, RING_STEPS, RING_BATCH, RING_LATENT, PORTION = 8, 1_000, 128, 4, 50
NEAR, LEAST_MODES, LEAST_SHARE, SHOWN = 3.0, 7, 0.02, 4_000
AGREE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Eight Gaussians on a circle.

    Attributes:
        centres: shape (8, 2).
        sigma: standard deviation of each.
    """

    centres: Array
    sigma: float

    @classmethod
    def of(cls, draw: Draw) -> Ring:
        """Draw one: nobody knows beforehand where it lies."""
        radius, turn = draw.uniform(1.8, 2.2), draw.uniform(0.0, math.tau)
        angles = turn + math.tau * np.arange(MODES) / MODES
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return cls(centres=draw.uniform(-0.5, 0.5, 2) + radius * circle, sigma=0.1 * float(radius))

    def points(self, draw: Draw, count: int) -> Tensor:
        """Return points, float64, shape (count, 2)."""
        centres = self.centres[draw.integers(0, MODES, count)]
        return torch.from_numpy(centres + self.sigma * draw.normal(count, 2))

    def score(self, points: Array) -> tuple[float, int]:
        """Return which share of the points is near a mode, and how many modes have points enough."""
        distances = np.linalg.norm(points[:, None] - self.centres, axis=2)
        near = distances.min(axis=1) <= NEAR * self.sigma
        counts = np.bincount(distances.argmin(axis=1)[near], minlength=MODES)
        return float(near.mean()), int((counts >= LEAST_SHARE * len(points)).sum())


def rings(draw: Draw) -> list[Practice]:
    """Three rings, on each of which a model is trained step by step."""
    return [practice(draw, number) for number in range(3)]


def practice(draw: Draw, number: int) -> Practice:
    """A training: the points and the noise of each step come from here."""
    seed, secret = int(draw.integers(0, 2**31)), draw.generator.bytes(32)

    def train(model: RemoteObject) -> Scored:
        own = Draw(secret, f"ring {number}")  # the same for all that are trained here
        ring = Ring.of(own)
        for _ in range(RING_STEPS // PORTION):
            model.in_turn(*portion(own, ring))
        noise = torch.from_numpy(own.normal(SHOWN, RING_LATENT))
        state, points = model.in_turn(("state",), ("sample", noise))
        made = generated_by(state, noise)
        right = isinstance(points, Tensor) and points.shape == (SHOWN, 2) and points.dtype is torch.float64
        check(right, f"`sample` must return a float64 tensor of shape ({SHOWN}, 2) here")
        check(
            bool(((points - made).abs() <= AGREE * (1.0 + made.abs())).all()),
            "after the training `sample` does not return what the generator in `state()` makes of the noise"
            " with its running statistics",
        )
        share, modes = ring.score(made.numpy())
        shown = {"real points": ring.points(own, 300).numpy(), "your samples": made[:300].numpy()}
        title = f"the ring: {modes} of {MODES} modes, {share:.0%} of the samples near one"
        return Scored(figure=share if modes >= LEAST_MODES else 0.0, exhibits=(scatter(title, shown),))

    return Practice(arguments={"data_dim": 2, "latent_dim": RING_LATENT, "seed": seed}, train=train)


def portion(draw: Draw, ring: Ring) -> list[tuple[str, Tensor] | tuple[str, Tensor, Tensor]]:
    """Return some steps, by turns."""
    calls: list[tuple[str, Tensor] | tuple[str, Tensor, Tensor]] = []
    for _ in range(PORTION):
        noise = torch.from_numpy(draw.normal(2, RING_BATCH, RING_LATENT))
        calls.append(("discriminator_step", ring.points(draw, RING_BATCH), noise[0]))
        calls.append(("generator_step", noise[1]))
    return calls


def generated_by(state: Any, noise: Tensor) -> Tensor:
    """Return what the generator of a state makes of noise; refuse what is no such state."""
    parameters = state["generator"].get("parameters") if holds(state, "generator") else None
    statistics = state.get("statistics") if isinstance(state, dict) else None
    shapes = Sizes(data=2, latent=RING_LATENT, seed=0).shapes["generator"]
    for found, wanted in ((parameters, shapes), (statistics, [(WIDTH,)] * 4)):
        right = isinstance(found, list | tuple) and len(found) == len(wanted)
        right = right and all(
            isinstance(each, Tensor) and each.shape == shape and each.dtype is torch.float64
            for each, shape in zip(found, wanted, strict=True)
        )
        check(
            right, "`state()` has not the generator's parameters and statistics in the form of the contract"
        )
        finite = all(bool(torch.isfinite(each).all()) for each in found)
        check(finite, "your generator's parameters or statistics become infinite or NaN in the training")
    w1, gamma1, beta1, w2, gamma2, beta2, w3, b3 = parameters
    mean1, var1, mean2, var2 = statistics
    h = (gamma1 * (noise @ w1.T - mean1) / (var1 + 1e-5).sqrt() + beta1).relu()
    h = (gamma2 * (h @ w2.T - mean2) / (var2 + 1e-5).sqrt() + beta2).relu()
    made: Tensor = h @ w3.T + b3
    check(bool(torch.isfinite(made).all()), "the generator in `state()` makes NaN or infinite points")
    return made


def holds(state: Any, name: str) -> bool:
    """Tell whether a state is a dictionary with a dictionary of this name."""
    return isinstance(state, dict) and isinstance(state.get(name), dict)


KINDS, COUNT, FEW, PAPER = 7, 1_000, 12, 1e-6
# A sample is next to a training image if that is so much nearer than any other.
NEXT_TO, COPIES, CLOSEST, VARIETY = 0.8, 0.25, 0.7, 0.4
TEMPERATURE = 4.0


def digits_lessons(draw: Draw) -> list[Lesson]:
    """Three trainings on images of seven kinds of digits, each time others, turned another way."""
    return [digits_lesson(draw) for _ in range(3)]


def digits_lesson(draw: Draw) -> Lesson:
    """A training, and two times the same samples with others in between."""
    data, kinds = digits(draw), draw.generator.permutation(10)[:KINDS]
    turn = Turn(transposed=bool(draw.integers(0, 2)), quarters=int(draw.integers(0, 4)))
    training = data.images[np.isin(data.labels, kinds)]
    held_out = data.held_out_images[np.isin(data.held_out_labels, kinds)]
    seed, one, other = (int(each) for each in draw.integers(0, 2**31, 3))
    case = Case("digits", seed=seed).then("fit", torch.from_numpy(turn.of(training)).float())
    case.then("sample", COUNT, one).then("sample", FEW, other).then("sample", COUNT, one)

    def score(results: Sequence[Any]) -> Scored:
        made, others, again = (
            samples_of(result, count) for result, count in zip(results[1:], (COUNT, FEW, COUNT), strict=True)
        )
        check(np.array_equal(made, again), "`sample` returns other images for the same count and seed")
        check(not np.array_equal(made[:FEW], others), "`sample` returns the same images for another seed")
        upright = turn.back(made)
        refuse_copies(upright, training, held_out)
        title = "samples, and below each the training image that is nearest to it"
        _, nearest = neighbours(upright, training)
        rows = {"yours": made, "nearest": turn.of(training)[nearest]}
        return Scored(figure=distance(upright, held_out), exhibits=(image_rows(title, rows),))

    return Lesson(case=case, score=score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One of the eight ways to lay a square image down."""

    transposed: bool
    quarters: int

    def of(self, images: Array) -> Array:
        """Return images (N, 8, 8) that lie so."""
        turned = images.transpose(0, 2, 1) if self.transposed else images
        return np.ascontiguousarray(np.rot90(turned, self.quarters, axes=(1, 2)))

    def back(self, images: Array) -> Array:
        """Return them upright."""
        turned = np.rot90(images, -self.quarters, axes=(1, 2))
        return np.ascontiguousarray(turned.transpose(0, 2, 1) if self.transposed else turned)


def samples_of(result: Any, count: int) -> Array:
    """Return images, float64, shape (count, 8, 8); refuse what has not the form that the contract says."""
    right = isinstance(result, Tensor) and result.shape == (count, 8, 8) and result.dtype is torch.float32
    check(right, f"`sample` must return a float32 tensor of shape ({count}, 8, 8) here")
    images: Array = result.double().numpy()
    check(np.isfinite(images).all(), "`sample` returns NaN or infinite values")
    check((images >= 0.0).all() and (images <= 1.0).all(), "`sample` returns values outside of 0 to 1")
    return images


def directions(images: Array) -> Array:
    """Return images as vectors of length 1: copies in paler ink are copies."""
    flat = images.reshape(len(images), -1)
    lengths: Array = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.maximum(lengths, PAPER)


def neighbours(images: Array, training: Array) -> tuple[Array, Array]:
    """Return the distances to the two nearest training images and the number of the nearest.

    A training image that is shifted by a pixel is as near as it comes in any of nine places.
    """
    best = np.full((len(images), len(training)), np.inf)
    looked_at, padded = directions(images), np.pad(training, [(0, 0), (1, 1), (1, 1)])
    for row in range(3):
        for column in range(3):
            moved = directions(padded[:, row : row + 8, column : column + 8])
            best = np.minimum(best, 2.0 - 2.0 * looked_at @ moved.T)
    nearest = best.argmin(axis=1)
    return np.sqrt(np.maximum(np.sort(best, axis=1)[:, :2], 0.0)), nearest


def refuse_copies(images: Array, training: Array, held_out: Array) -> None:
    """Refuse images that are those of the training again, or again and again the same."""
    found, _ = neighbours(images, training)
    real, _ = neighbours(held_out, training)
    next_to = float(np.mean(found[:, 0] <= NEXT_TO * found[:, 1]))
    check(
        next_to <= COPIES and np.median(found[:, 0]) >= CLOSEST * np.median(real[:, 0]),
        f"your samples lie too near to single training images ({next_to:.0%} of them next to one; the nearest"
        f" is at {np.median(found[:, 0]) / np.median(real[:, 0]):.2g} times the distance at which it is for"
        " digits that nobody copied): what was learnt must make them, not what was stored",
    )
    one, same = directions(images), directions(training)
    apart, usual = (np.median(nearest_distances(each, each, 2)[:, 1]) for each in (one, same))
    check(
        apart >= VARIETY * usual,
        f"your samples are too much alike: the nearest other one is at {apart / usual:.2g} times the distance"
        " at which it is for training images: has the generator collapsed to a few images?",
    )


def distance(images: Array, held_out: Array) -> float:
    """Return the Fréchet distance of what a classifier makes of both, over the variance of the real."""
    made, real = opinions(images), opinions(held_out)
    return frechet_distance(made, real) / float(real.var(axis=0).sum())


def opinions(images: Array) -> Array:
    """Return the classifier's probabilities (N, 10), softened: they tell what an image also looks like."""
    values = images.reshape(len(images), -1)
    layers = classifier()
    for weight, bias in layers[:-1]:
        values = np.maximum(values @ weight + bias, 0.0)
    logits = (values @ layers[-1][0] + layers[-1][1]) / TEMPERATURE
    odds: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


@cache
def classifier() -> list[tuple[Array, Array]]:
    """Return the weights and biases of a classifier of all digits there are, trained here and now."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    data = digits(Draw(bytes(32), "the classifier"), held_out=0)
    network = MLPClassifier((64, 32), learning_rate_init=3e-3, max_iter=60, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(data.images.reshape(len(data.images), -1), data.labels)
    return list(zip(network.coefs_, network.intercepts_, strict=True))
