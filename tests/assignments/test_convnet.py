"""The assignment convnet: what students hear who make its mistakes, and that what is off limits is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from torchgrade.content import load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import Audience, Outcome, for_audience

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = (ROOT / "reference" / "convnet" / "solution.py").read_text(encoding="utf-8")
REFERENCE = load_reference(ROOT, load_assignment(ROOT, "convnet"))
MUTANTS = {mutant.name: mutant for mutant in REFERENCE.mutants}
# Training takes seconds and is part of one mutant only.
FUNCTIONS = (
    "conv2d",
    "conv2d_backward",
    "max_pool2d",
    "max_pool2d_backward",
    "batch_norm2d",
    "batch_norm2d_backward",
)
MIXED = """
import numpy as np
import solution
from solution import conv2d, max_pool2d, max_pool2d_backward, batch_norm2d
from torchgrade import hookimpl

@hookimpl
def conv2d_backward(dout, x, weight, bias, stride, padding):
    # the kernel the wrong way round in dx, and the bias once an image
    dx = solution.conv2d_backward(dout, x, weight[:, :, ::-1, ::-1], bias, stride, padding)[0]
    dweight = solution.conv2d_backward(dout, x, weight, bias, stride, padding)[1]
    return dx, dweight, dout.sum(axis=(2, 3))

@hookimpl
def batch_norm2d_backward(dout, x, gamma, eps):
    # the statistics as constants, and x for the normalised value
    spread = np.sqrt(x.var(axis=(0, 2, 3)) + eps)
    dx = dout * (gamma / spread)[:, None, None]
    return dx, (dout * x).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))
"""
# A linear classifier is quick to train, and as good as a network at making these mistakes.
NETWORK = """
import numpy as np
from solution import conv2d, conv2d_backward, max_pool2d
from solution import max_pool2d_backward, batch_norm2d, batch_norm2d_backward
from torchgrade import hookimpl

class Linear:
    def __init__(self, seed):
        self.weight = np.random.default_rng(seed).normal(size=(65, 10)) * 0.01

    def logits(self, images):
        return np.pad(images.reshape(-1, 64), ((0, 0), (0, 1)), constant_values=1.0) @ self.weight

    def fit(self, images, labels):
        for start in range(0, len(images), 32):
            x, y = images[start : start + 32], labels[start : start + 32]
            p = np.exp(self.logits(x))
            error = p / p.sum(axis=1, keepdims=True) - np.eye(10)[y]
            self.weight -= 0.01 * np.pad(x.reshape(-1, 64), ((0, 0), (0, 1)), constant_values=1.0).T @ error

    def predict(self, images):
        return self.logits(images).argmax(axis=1)

{body}

@hookimpl
def convnet(seed):
    return Net(seed)
"""
NETWORKS = {
    "learns from labels that are shifted": (
        (
            "class Net(Linear):\n"
            "    def fit(self, images, labels):\n"
            "        super().fit(images, (labels + 1) % 10)\n"
        ),
        "test_convnet_accuracy",
        "learns too little: accuracy on digits that it has not seen is 0",
    ),
    "sees no more than its first mini-batches": (
        (
            "class Net(Linear):\n"
            "    def fit(self, images, labels):\n"
            "        super().fit(images[:96], labels[:96])\n"
        ),
        "test_convnet_accuracy",
        "needed: at least 0.96 in two of three",
    ),
    "predicts logits": (
        "class Net(Linear):\n    predict = Linear.logits\n",
        "test_convnet_one_by_one",
        "`predict` must return one whole number an image: an int64 array of shape (M,)",
    ),
    "normalises what it predicts by the batch": (
        (
            "class Net(Linear):\n"
            "    def logits(self, images):\n"
            "        return super().logits((images - images.mean()) / images.std())\n"
        ),
        "test_convnet_one_by_one",
        "changes with the other images of the call",
    ),
    "keeps what it has learnt in the class": (
        (
            "class Net:\n"
            "    def __init__(self, seed):\n"
            "        Net.inner = Linear(seed)\n"
            "    def fit(self, images, labels):\n"
            "        Net.inner.fit(images, labels)\n"
            "    def predict(self, images):\n"
            "        return Net.inner.predict(images)\n"
        ),
        "test_convnet_apart",
        "predicts otherwise after another one was trained",
    ),
    "draws from the global generator": (
        (
            "class Net(Linear):\n"
            "    def __init__(self, seed):\n"
            "        self.weight = np.random.normal(size=(65, 10))\n"
        ),
        "test_convnet_apart",
        "the same seed and the same stream predict differently",
    ),
    "is linear": (
        "class Net(Linear):\n    pass\n",
        "test_convnet_accuracy",
        "learns too little",
    ),
}
ROADS = {
    "import scipy.signal": "scipy",
    "from scipy.signal import correlate2d": "scipy",
    "import scipy.ndimage as s": "scipy",
    "import torch": "torch",
    "from torch.nn.functional import conv2d as c": "torch",
    "import importlib as i; i.import_module('sci' + 'py.signal')": "scipy",
    "__import__('torch')": "torch",
    "from sklearn.datasets import load_digits": "sklearn",
    "import tensorflow as tf": "tensorflow",
    "import cv2": "cv2",
}
USING = """
from torchgrade import hookimpl

@hookimpl
def max_pool2d(x, kernel, stride, padding):
    {road}
    return x
"""
HARMLESS = '''
# torch.nn.functional.conv2d and scipy.signal.correlate2d are what I must not use; import torch would fail
"""import scipy.signal"""
from solution import conv2d, conv2d_backward, max_pool2d
from solution import max_pool2d_backward, batch_norm2d, batch_norm2d_backward

torch = scipy = "names of my own"
try:
    import torch
except ImportError:
    pass
'''


def grade(folder, sources):
    """Grade submissions that may import the solution as a module of their own; return results by name."""
    results = {}

    def body(session):
        for number, (name, text) in enumerate(sources.items()):
            place = folder / str(number)
            place.mkdir(parents=True)
            (place / "solution.py").write_text(SOLUTION, encoding="utf-8")
            (place / "submission.py").write_text(text, encoding="utf-8")
            result = session.grader.grade(Job(submission_id=f"s{number}", path=str(place)))
            results[name] = for_audience(result, Audience.STUDENT)

    setup = GradingSetup(content_root=str(ROOT), assignment="convnet", seed="5eed" * 16, budgets=False)
    with_session(setup, load_plugins(), body)
    return results


def submitted(name):
    """Return a mutant with the functions that it leaves alone, without the network."""
    text = MUTANTS[name].path.read_text(encoding="utf-8").partition("@hookimpl\ndef convnet")[0]
    others = [each for each in FUNCTIONS if not re.search(rf"^def {each}\(", text, re.MULTILINE)]
    return f"{text}\n\nfrom solution import {', '.join(others)}\n"


def lost(result):
    """Return what did not pass of the layers; budgets are not measured."""
    others = ("test_convnet_", "budget_")
    return {
        test.id: test
        for test in result.tests
        if test.outcome is not Outcome.PASSED and not test.id.startswith(others)
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    sources = {name: submitted(name) for name in MUTANTS}
    return grade(tmp_path_factory.mktemp("mutants"), {**sources, "mixed": MIXED, "harmless": HARMLESS})


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    sources = {name: NETWORK.format(body=body) for name, (body, _, _) in NETWORKS.items()}
    return grade(tmp_path_factory.mktemp("networks"), sources)


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    return grade(tmp_path_factory.mktemp("roads"), {road: USING.format(road=road) for road in ROADS})


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_who_makes_a_mistake_is_told_which(results, name):
    found = lost(results[name])
    killers = [test for test in MUTANTS[name].killed_by if not test.startswith("test_convnet_")]
    assert set(killers) <= set(found)
    for test in killers:
        assert found[test].cause is not None, found[test].student_message
        assert found[test].cause.hint == MUTANTS[name].hint


@pytest.mark.slow
def test_who_makes_two_mistakes_is_told_of_both(results):
    found = lost(results["mixed"])
    mixed = {
        "test_conv2d_backward": ("conv_backward_dx_flipped", "conv_backward_dbias_of_each_image"),
        "test_batch_norm2d_backward": ("norm_backward_statistics_constant", "norm_backward_dgamma_of_inputs"),
    }
    for test, mutants in mixed.items():
        assert found[test].cause is not None
        assert [name for name in mutants if MUTANTS[name].hint not in found[test].cause.hint] == []


@pytest.mark.slow
def test_who_only_mentions_what_is_off_limits_loses_nothing(results):
    assert lost(results["harmless"]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_whose_network_goes_wrong_is_told_how(networks, name):
    _, test, words = NETWORKS[name]
    found = {each.id: each for each in networks[name].tests}
    assert found[test].outcome is Outcome.FAILED
    assert words in found[test].student_message
    assert lost(networks[name]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("road", ROADS)
def test_a_road_to_what_is_off_limits_ends_in_its_sentence(roads, road):
    found = {each.id: each for each in roads[road].tests}
    test = found["test_max_pool2d"]
    assert test.outcome is Outcome.ERROR
    assert f"`{ROADS[road]}`" in test.student_message
    assert "without" in test.student_message, test.student_message
