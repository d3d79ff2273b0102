"""The assignment gan: what students hear who make its mistakes, and which images count as copies."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from torchgrade.content import load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import Audience, Outcome, for_audience
from torchgrade.testing import Draw
from torchgrade.testing.cases import CaseFunctions
from torchgrade.testing.data import digits
from torchgrade.testing.failures import StudentFailure

pytest.importorskip("torch")
pytest.importorskip("sklearn")

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = (ROOT / "reference" / "gan" / "solution.py").read_text(encoding="utf-8")
REFERENCE = load_reference(ROOT, load_assignment(ROOT, "gan"))
MUTANTS = {mutant.name: mutant for mutant in REFERENCE.mutants}
FUNCTIONS = ("discriminator_loss", "generator_loss", "least_squares_losses", "gan", "digits_gan")
# It compares states with states of the same model, and has no mutants to compare with.
TOLD_BY_BITS = {"test_the_other_side_stays"}
MIXED = """
import solution
from solution import digits_gan
from torchgrade import hookimpl
from torch.nn.functional import softplus

class Mixed(solution.Gan):
    # beta1 of the optimisers that both need, and a norm over the batch of what is sampled
    def __init__(self, *given):
        super().__init__(*given)
        self.generator.beta1 = self.discriminator.beta1 = 0.9

@hookimpl
def discriminator_loss(real_logits, fake_logits):
    half = lambda real, fake: solution.discriminator_objective(real, fake) / 2
    return solution.with_gradients(half, real_logits, fake_logits)

@hookimpl
def generator_loss(fake_logits):
    return solution.with_gradients(lambda f: -softplus(f).mean(), fake_logits)

@hookimpl
def least_squares_losses(real_logits, fake_logits):
    one, other = solution.least_squares_losses(real_logits, fake_logits)
    return 2 * one, 2 * other

@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mixed(data_dim, latent_dim, seed)
"""


def grade(folder, sources):
    """Grade submissions that may import the solution as a module of their own, without the trainings."""
    root, results = folder / "content", {}
    for kind in ("assignments", "reference"):
        shutil.copytree(ROOT / kind / "gan", root / kind / "gan")
    (root / "reference" / "gan" / "hidden" / "test_3_learning.py").unlink()

    def body(session):
        for number, (name, text) in enumerate(sources.items()):
            place = folder / str(number)
            place.mkdir(parents=True)
            (place / "solution.py").write_text(SOLUTION, encoding="utf-8")
            (place / "submission.py").write_text(text, encoding="utf-8")
            results[name] = session.grader.grade(Job(submission_id=f"s{number}", path=str(place)))

    setup = GradingSetup(content_root=str(root), assignment="gan", seed="5eed" * 16, budgets=False)
    with_session(setup, load_plugins(), body)
    return results


def submitted(name):
    """Return a mutant with the functions that it leaves alone."""
    text = MUTANTS[name].path.read_text(encoding="utf-8")
    others = [each for each in FUNCTIONS if not re.search(rf"^def {each}\(", text, re.MULTILINE)]
    return f"{text}\n\nfrom solution import {', '.join(others)}\n"


def lost(result):
    unpassed = (test for test in result.tests if test.outcome is not Outcome.PASSED)
    return {test.id: test for test in unpassed if test.outcome is not Outcome.NOT_MEASURED}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    sources = {name: submitted(name) for name in MUTANTS}
    sources["mixed"] = MIXED
    sources["right"] = f"from solution import {', '.join(FUNCTIONS)}\n"
    return grade(tmp_path_factory.mktemp("mutants"), sources)


@pytest.mark.long
@pytest.mark.parametrize("name", MUTANTS)
def test_who_makes_a_mistake_of_gan_is_told_which(results, name):
    found = lost(for_audience(results[name], Audience.STUDENT))
    assert set(MUTANTS[name].killed_by) <= set(found)
    for test in MUTANTS[name].killed_by:
        assert test in TOLD_BY_BITS or found[test].cause is not None, found[test].student_message
        assert test in TOLD_BY_BITS or found[test].cause.hint == MUTANTS[name].hint


@pytest.mark.long
def test_who_makes_four_mistakes_is_told_of_each(results):
    causes = {test.cause.mutant for test in lost(results["mixed"]).values() if test.cause is not None}
    assert causes == {"halved", "saturating", "least_squares_not_halved", "beta1_of_0_9"}


@pytest.mark.long
def test_who_is_right_loses_nothing_of_gan(results):
    assert lost(results["right"]) == {}


@pytest.fixture(scope="module")
def judging():
    """The functions that judge images."""
    return CaseFunctions(REFERENCE.hidden_tests, bytes(32))._functions


@pytest.fixture(scope="module")
def at_home():
    """What students may measure their images by."""
    return CaseFunctions(ROOT / "assignments" / "gan" / "public", bytes(32))._functions["at_home"]


@pytest.fixture(scope="module")
def images():
    """Training images and unseen ones."""
    data = digits(Draw(bytes(32), "images"))
    return data.images, data.held_out_images


def noisy(images, rng, scale):
    return np.clip(images + scale * rng.standard_normal(images.shape), 0, 1)


def normal(images, rng):
    flat = images.reshape(-1, 64)
    drawn = rng.multivariate_normal(flat.mean(axis=0), np.cov(flat, rowvar=False), 1_000)
    return np.clip(drawn, 0, 1).reshape(-1, 8, 8)


def neighbours(images, training):
    apart = np.linalg.norm(images.reshape(-1, 1, 64) - training.reshape(-1, 64), axis=2)
    return training[np.argsort(apart, axis=1)[:, 1]]


def made(images, kind):
    """Return a thousand images that no network has learnt to make."""
    training, rng = images[0], np.random.default_rng(0)
    one, other = (training[rng.permutation(len(training))[:1_000]] for _ in range(2))
    mean = np.tile(training.mean(axis=0), (1_000, 1, 1))
    kinds = {
        "copies": lambda: one,
        "paler copies": lambda: 0.6 * one,
        "copies shifted by a pixel": lambda: np.roll(one, 1, axis=1),
        "copies with a little noise": lambda: noisy(one, rng, 0.05),
        "copies with more noise": lambda: noisy(one, rng, 0.15),
        "between two neighbours": lambda: (one + neighbours(one, training)) / 2,
        "few again and again": lambda: ((one + other) / 2)[rng.integers(0, 20, 1_000)],
        "averages of two": lambda: (one + other) / 2,
        "normal with their covariance": lambda: normal(training, rng),
        "noise": lambda: rng.random(one.shape),
        "the mean digit": lambda: noisy(mean, rng, 0.1),
    }
    return kinds[kind]()


@pytest.mark.parametrize(
    "kind",
    [
        "copies",
        "paler copies",
        "copies shifted by a pixel",
        "copies with a little noise",
        "copies with more noise",
        "between two neighbours",
    ],
)
def test_what_lies_next_to_a_training_image_is_refused_as_a_copy(judging, at_home, images, kind):
    with pytest.raises(StudentFailure, match="too near to single training images"):
        judging["refuse_copies"](made(images, kind), *images)
    found = at_home(made(images, kind), *images)
    assert found["next_to_one"] > 0.25 or found["nearest"] < 0.7


def test_few_images_again_and_again_are_refused(judging, at_home, images):
    with pytest.raises(StudentFailure, match="too much alike"):
        judging["refuse_copies"](made(images, "few again and again"), *images)
    assert at_home(made(images, "few again and again"), *images)["variety"] < 0.4


@pytest.mark.parametrize(
    "kind", ["averages of two", "normal with their covariance", "noise", "the mean digit"]
)
def test_what_is_no_digit_is_much_too_far_from_digits(judging, images, kind):
    assert judging["distance"](made(images, kind), images[1]) > 1.5 * 0.08


def test_digits_that_somebody_else_has_written_are_no_copies_and_near(judging, at_home, images):
    training, unseen = images
    judging["refuse_copies"](unseen, training[:700], training[700:])
    found = at_home(unseen, training[:700], training[700:])
    assert found["next_to_one"] <= 0.25
    assert found["nearest"] >= 0.7
    assert found["variety"] >= 0.4
    assert judging["distance"](unseen, training) < 0.04
