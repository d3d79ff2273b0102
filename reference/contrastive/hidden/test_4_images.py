# canary: torchgrade-reference-7f3c1d
"""Augmentation, and an encoder that learns without labels; both are judged here, by digits.

Messages say what was found; where a known mistake explains it, its hint says what to do.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from torchgrade.results import Cause, Outcome
from torchgrade.testing import Lesson, Scored, check, points
from torchgrade.testing.exhibits import images as picture
from torchgrade.testing.failures import StudentFailure

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor

MUTANTS = Path(__file__).resolve().parents[1] / "mutants"
PIXELS, FEATURES, LARGEST = 8, 128, 1e6
# Of augmentation: how far views are apart, how many of them, how many digits are recognised.
APART, MOST, RECOGNISED = 0.02, 0.9, 0.75
# Of the encoder, by labels for each digit: what a linear probe reaches, and below which the reason shows.
NEEDED = {1: 0.58, 5: 0.78}
HOPELESS = {1: 0.45, 5: 0.65}
TRAINING, SMALL = 1_437, 600
SMALL_NEEDED = 0.65
SMALL_WHAT = "the accuracy of a linear probe with five labels for each digit, after a training on 600 images,"
FEWEST, MOVES = 3.0, 0.5
SAME = 1e-3
SINGLES, SHOWN = 6, 12


def blame(condition: object, message: str, mutant: str) -> None:
    """Fail the test unless the condition holds, and give the hint of the mistake that explains it."""
    if not condition:
        text = (MUTANTS / f"{mutant}.py").read_text(encoding="utf-8")
        hint = " ".join((ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0].split())
        raise StudentFailure(Outcome.FAILED, message, cause=Cause(mutant=mutant, hint=hint))


def views_of(student: Any, images: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Return two views of images, if they have the form of the contract."""
    got = student.augment(images, seed)
    check(
        isinstance(got, list | tuple) and len(got) == 2, "`augment` does not return two tensors, one per view"
    )
    for name, view in zip(("view_1", "view_2"), got, strict=True):
        form = isinstance(view, Tensor) and view.dtype is torch.float32 and view.shape == images.shape
        check(form, f"`{name}` is not a float32 tensor of the shape of `images`, {tuple(images.shape)}")
        check(torch.isfinite(view).all(), f"`{name}` holds NaN or infinite values")
        low, high = float(view.min()), float(view.max())
        blame(
            low >= 0.0 and high <= 1.0,
            f"`{name}` has values from {low:.3g} to {high:.3g}",
            "augment_out_of_range",
        )
    return got[0], got[1]


def share_apart(one: Tensor, other: Tensor) -> float:
    """Return the share of images whose pixels differ by at least 0.02 on average."""
    return float(((one - other).abs().mean(dim=(1, 2)) >= APART).double().mean())


def told(share: float) -> str:
    """Return a share in per cent."""
    return f"{100.0 * share:.0f} %"


@points(3)
def test_augment_repeats(student, cases):
    """augment: form and range of the views, and the same seed gives the same"""
    (shown,) = cases.shown()
    before = views_of(student, shown.images, shown.seed)
    others = views_of(student, shown.images, shown.seed + 1)
    after = views_of(student, shown.images, shown.seed)
    blame(
        all(torch.equal(one, two) for one, two in zip(before, after, strict=True)),
        "two calls of `augment` with the same images and the same seed return different views",
        "augment_ignores_seed",
    )
    blame(
        all(share_apart(one, two) >= MOST for one, two in zip(before, others, strict=True)),
        "two calls of `augment` with different seeds return (nearly) the same views",
        "augment_always_alike",
    )
    views_of(student, shown.images[:1], shown.seed)


@points(4)
def test_augment_differs(student, cases):
    """augment: views differ from each other and from their image, and each image has its own changes"""
    (shown,) = cases.shown()
    first, second = views_of(student, shown.images, shown.seed)
    share = share_apart(first, second)
    text = (
        f"the two views differ by 0.02 a pixel or more in {told(share)} of the images; needed: {told(MOST)}"
    )
    blame(share >= MOST, text, "augment_views_alike")
    for name, view in (("view_1", first), ("view_2", second)):
        share = share_apart(view, shown.images)
        text = f"`{name}` differs from its image by 0.02 a pixel or more in {told(share)} of the images;"
        blame(share >= MOST, f"{text} needed: {told(MOST)}", "augment_keeps_the_image")
    for name, view in zip(("view_1", "view_2"), views_of(student, shown.copies, shown.seed), strict=True):
        # Each with the next copy of the same image.
        groups = view.reshape(-1, 16, PIXELS, PIXELS)
        share = share_apart(groups[:, 1:].flatten(0, 1), groups[:, :-1].flatten(0, 1))
        text = f"of 16 copies of one image in a call, {told(share)} differ from the next in `{name}`"
        blame(share >= MOST, f"{text} by 0.02 a pixel; needed: {told(MOST)}", "augment_same_for_all")


@points(3)
def test_augment_keeps_digits(student, cases):
    """augment: the views still show their digits"""
    (shown,) = cases.shown()
    views = views_of(student, shown.images, shown.seed)
    for name, view in zip(("view_1", "view_2"), views, strict=True):
        share = share_apart(view, shown.images)
        text = f"`{name}` differs from its image by 0.02 a pixel or more in {told(share)} of the images;"
        blame(share >= MOST, f"{text} needed: {told(MOST)}", "augment_keeps_the_image")
        guessed = shown.classifier.predict(view.double().reshape(len(view), -1).numpy())
        share = float((guessed == shown.labels).mean())
        text = f"a classifier recognises {told(share)} of the digits in `{name}`; needed: {told(RECOGNISED)}"
        # Is the view much nearer to its image in another position than to the image itself?
        distances = (shown.ways - view).square().sum(dim=(2, 3))
        away = float((distances[1:].amin(dim=0) < 0.7 * distances[0]).double().mean())
        if away > 0.2:
            text += f"\n{told(away)} of them look like the image mirrored, or turned by 90 degrees or more"
            blame(share >= RECOGNISED, text, "augment_flips")
        blame(share >= RECOGNISED, text, "augment_destroys")


def features_of(got: Any, count: int) -> Array:
    """Return features as float64, if they have the form of the contract."""
    form = isinstance(got, Tensor) and got.ndim == 2 and got.dtype in {torch.float32, torch.float64}
    check(form, "`embed` returns something other than a float32 or float64 tensor with two axes")
    rows, columns = got.shape
    form = rows == count and 2 <= columns <= FEATURES
    check(
        form, f"`embed` returns shape ({rows}, {columns}) for {count} images; expected: ({count}, 2 to 128)"
    )
    check(torch.isfinite(got).all(), "some features are NaN or infinite")
    largest = float(got.abs().max())
    check(largest <= LARGEST, f"the largest feature is {largest:.1e}; allowed: {LARGEST:.0e}")
    return np.asarray(got.detach().double().numpy())


def apart(one: Array, other: Array, like: Array) -> float:
    """Return the largest difference of two lots of features, in root mean squares of ``like``."""
    if one.shape != other.shape:
        return math.inf
    size = math.sqrt(float(np.square(like).mean())) + 1e-30
    return float(np.abs(one - other).max(initial=0.0)) / size


@points(3)
def test_encoder_embeds_one_by_one(learns, cases):
    """encoder: the features of an image do not depend on the other images"""
    lessons = [lesson_one_by_one(exam) for exam in cases.exams(SMALL, 5)]
    learns("encoder", lessons, what=SMALL_WHAT, at_least=SMALL_NEEDED)


@points(3)
def test_encoder_repeats(learns, cases):
    """encoder: one seed gives one result, and encoders share nothing"""
    lessons = [lesson_apart(exam) for exam in cases.exams(SMALL, 5)]
    learns("encoder", lessons, what=SMALL_WHAT, at_least=SMALL_NEEDED)


@points(10)
def test_encoder_with_one_label(learns, cases):
    """encoder: features with which one label for each digit goes far"""
    what = "the accuracy of a linear probe with one label for each digit"
    learns("encoder", [lesson(exam, 1) for exam in cases.exams(TRAINING, 1)], what=what, at_least=NEEDED[1])


@points(10)
def test_encoder_with_five_labels(learns, cases):
    """encoder: features with which five labels for each digit go far"""
    what = "the accuracy of a linear probe with five labels for each digit"
    learns("encoder", [lesson(exam, 5) for exam in cases.exams(TRAINING, 5)], what=what, at_least=NEEDED[5])


def features_of_exam(exam: Any, results: Sequence[Any]) -> tuple[Array, Array]:
    """Return the features of what is given and asked; refuse what cannot be."""
    given, asked = features_of(results[1], len(exam.given)), features_of(results[2], len(exam.asked))
    check(given.shape[1] == asked.shape[1], "`embed` returns another number of features each time")
    varied(given)
    return given, asked


def lesson_one_by_one(exam: Any) -> Lesson:
    """Return a short training; then images together, among images all of ink, one by one, and once more."""
    inked = torch.cat((exam.asked[:10], torch.ones(90, PIXELS, PIXELS)))
    case = exam.case("a short training").then("embed", inked)
    for single in range(SINGLES):
        case.then("embed", exam.asked[single : single + 1])
    case.then("embed", exam.asked)

    def score(results: Sequence[Any]) -> float:
        given, together = features_of_exam(exam, results)
        company = features_of(results[3], len(inked))
        text = "the features of an image are others when it is embedded among images that are all ink"
        blame(apart(company[:10], together[:10], together) <= SAME, text, "encoder_batch_statistics")
        same_alone(results[4:-1], together)
        again = features_of(results[-1], len(exam.asked))
        text = "the same images, embedded once more, have other features"
        check(apart(again, together, together) <= SAME, text)
        return exam.probe.accuracy(given, together)

    return Lesson(case=case, score=score)


def same_alone(answers: Sequence[Any], together: Array) -> None:
    """Refuse features that the first images do not have when they are embedded alone."""
    for single, answer in enumerate(answers):
        alone = features_of(answer, 1)
        text = "the features of an image are others when it is embedded alone"
        known = together[single : single + 1]
        blame(apart(alone, known, together) <= SAME, text, "encoder_batch_statistics")


def lesson_apart(exam: Any) -> Lesson:
    """Return three encoders of one seed: the second sees other images, the third what the first has seen."""
    asked = exam.asked
    case = exam.case("three encoders with one seed")
    case.then("fit", exam.given[: SMALL // 2], on=1).then("embed", asked, on=1).then("embed", asked)
    case.then("fit", exam.seen, on=2).then("embed", asked, on=2)

    def score(results: Sequence[Any]) -> float:
        given, before = features_of_exam(exam, results)
        elsewhere, after, repeated = (features_of(results[k], len(exam.asked)) for k in (4, 5, 7))
        text = "the features of an encoder are others after another one was trained"
        blame(apart(after, before, before) <= SAME, text, "encoder_shared")
        text = "two encoders that were given different images to learn from have the same features"
        blame(apart(elsewhere, before, before) > SAME, text, "encoder_untrained")
        text = "two encoders with the same seed that were given the same images have other features"
        blame(apart(repeated, before, before) <= SAME, text, "encoder_ignores_seed")
        return exam.probe.accuracy(given, before)

    return Lesson(case=case, score=score)


def varied(features: Array) -> None:
    """Refuse features that are the same for all images: of them everything else would hold."""
    spread = float(np.abs(features - features.mean(axis=0)).max())
    size = float(np.abs(features).max()) + 1e-30
    text = "all images have the same features: the encoder has collapsed"
    blame(spread > 1e-4 * size, text, "encoder_collapsed")


def lesson(exam: Any, labelled: int) -> Lesson:
    """Return a training on digits without labels, and its examination by moved ones."""
    case = exam.case("digits").then("embed", exam.again)
    for single in range(SINGLES):
        case.then("embed", exam.asked[single : single + 1])

    def score(results: Sequence[Any]) -> Scored:
        given, asked = features_of_exam(exam, results)
        again = features_of(results[3], len(exam.asked))
        same_alone(results[4:], asked)
        reached = exam.probe.accuracy(given, asked)
        if reached < HOPELESS[labelled]:
            explain(exam, given, asked, again, reached)
        return Scored(figure=reached, exhibits=(neighbours(given, exam.given),))

    return Lesson(case=case, score=score)


def explain(exam: Any, given: Array, asked: Array, again: Array, reached: float) -> None:
    """Fail if the features show why they are worth little: pixels, few dimensions, no invariance."""
    pixels, asked_pixels = (each.double().flatten(1).numpy() for each in (exam.given, exam.asked))
    by_pixels = exam.probe.accuracy(pixels, asked_pixels)
    text = (
        f"a linear probe with {exam.probe.labelled} for each digit is right on {told(reached)} of the images"
    )
    text += f" (with the pixels as features: {told(by_pixels)}; needed: {told(NEEDED[exam.labelled])})\n"
    same = given.shape == pixels.shape and apart(given, pixels, pixels) <= SAME
    check(not same, text + "your features are the pixels")
    values = np.square(np.linalg.svd(given - given.mean(axis=0), compute_uv=False))
    dimensions = float(values.sum() ** 2 / (np.square(values).sum() + 1e-300))
    found = f"your features have {dimensions:.1f} dimensions in effect"
    blame(dimensions >= FEWEST, text + found, "encoder_collapsed")
    ratio = moves(asked, again)
    found = f"a small move of an image changes its features {ratio:.2f} times as much as taking another image"
    blame(ratio <= MOVES, text + found, "encoder_keeps_moves")


def moves(one: Array, other: Array) -> float:
    """Return the mean squared distance between two moved copies of an image, over that of any two images."""
    if one.shape != other.shape:
        return math.inf
    any_two = 2.0 * float(np.square(one - one.mean(axis=0)).sum(axis=1).mean())
    return float(np.square(one - other).sum(axis=1).mean()) / any_two


def neighbours(features: Array, images: Tensor) -> Any:
    """Return a picture: some images of the training, and those whose features are nearest."""
    squares = np.square(features).sum(axis=1)
    distances = squares[:SHOWN, None] - 2.0 * features[:SHOWN] @ features.T + squares
    distances[np.arange(SHOWN), np.arange(SHOWN)] = np.inf
    order = distances.argsort(axis=1)
    rows = {"an image of the training, moved": images[:SHOWN]}
    for place, name in enumerate(("the nearest by features", "the second", "the third")):
        rows[name] = images[torch.from_numpy(order[:, place])]
    return picture("Which images your encoder takes for alike", rows)
