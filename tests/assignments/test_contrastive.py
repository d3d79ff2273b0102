"""The assignment contrastive: what students hear who make its mistakes, and that what is off limits is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from torchgrade.content import load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import Outcome

pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = (ROOT / "reference" / "contrastive" / "solution.py").read_text(encoding="utf-8")
REFERENCE = load_reference(ROOT, load_assignment(ROOT, "contrastive"))
MUTANTS = {mutant.name: mutant for mutant in REFERENCE.mutants}
# Those that train take seconds each, and are graded by themselves.
TRAINED = sorted(name for name in MUTANTS if "encoder" in MUTANTS[name].hooks)
QUICK = sorted(set(MUTANTS) - set(TRAINED))
FUNCTIONS = ("cosine_similarity_matrix", "nt_xent", "nt_xent_backward", "augment")
SIMILARITY = "torch.nn.functional.cosine_similarity"
EMBEDDING_LOSS = "torch.nn.functional.cosine_embedding_loss"
NORMALIZE = "torch.nn.functional.normalize"
ROADS = {
    "F.cosine_similarity(x, x)": SIMILARITY,
    "torch.cosine_similarity(x, x)": SIMILARITY,
    "getattr(F, 'cosine_' + 'similarity')(x, x)": SIMILARITY,
    "torch.ops.aten.cosine_similarity(x, x)": "torch.cosine_similarity",
    "torch._C._VariableFunctions.cosine_similarity(x, x)": "torch.cosine_similarity",
    "torch.vmap(torch.ops.aten.cosine_similarity)(x[None], x[None])": "torch.cosine_similarity",
    "torch.jit.trace(lambda y: torch.cosine_similarity(y, y), x)": SIMILARITY,
    "torch.compile(lambda y: F.cosine_similarity(y, y), backend='eager')(x)": SIMILARITY,
    "nn.CosineSimilarity()(x, x)": "torch.nn.CosineSimilarity",
    "nn.modules.distance.CosineSimilarity()": "torch.nn.CosineSimilarity",
    "type('Own', (nn.CosineSimilarity,), {})()": "torch.nn.CosineSimilarity",
    "nn.CosineEmbeddingLoss()": "torch.nn.CosineEmbeddingLoss",
    "F.cosine_embedding_loss(x, x, x[:, 0])": EMBEDDING_LOSS,
    "torch.cosine_embedding_loss(x, x, x[:, 0])": EMBEDDING_LOSS,
    "torch.ops.aten.cosine_embedding_loss(x, x, x[:, 0])": EMBEDDING_LOSS,
    "F.normalize(x)": NORMALIZE,
    "nn.functional.normalize(x)": NORMALIZE,
    "from torch.nn.functional import normalize as f\n    f(x)": NORMALIZE,
}
# Enough to make the mistakes.
SHORT = "solution.Encoder.EPOCHS = 20"
USING = '''
import torch
import torch.nn.functional as F
from torch import nn
from torchgrade import hookimpl

@hookimpl
def cosine_similarity_matrix(z1, z2):
    """Not by F.cosine_similarity, nor by F.normalize."""
    x = torch.ones(3, 4)
    {road}
    return z1 @ z2.T
'''
HARMLESS = '''
# F.cosine_similarity(z1, z2) and F.normalize(z1) are what I must not use
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn import CosineSimilarity
from torchgrade import hookimpl
import solution
from solution import nt_xent_backward, augment

class CosineSimilarity(nn.Module):
    """My own torch.nn.CosineSimilarity."""
    def forward(self, z1, z2):
        return solution.cosine_similarity_matrix(z1, z2)

def normalize(z):
    return solution.unit_rows(z)

@hookimpl
def cosine_similarity_matrix(z1, z2):
    assert "F.normalize(z)" and hasattr(F, "cosine_similarity")
    return CosineSimilarity()(z1, z2)

@hookimpl
def nt_xent(z1, z2, temperature):
    unit = normalize(torch.cat((z1, z2)))
    logits = (unit @ unit.T / temperature).fill_diagonal_(-torch.inf)
    return F.cross_entropy(logits, torch.arange(len(unit)).roll(len(z1)))
'''

PIXELS = """
from torchgrade import hookimpl

class Pixels:
    def fit(self, images):
        assert images.shape[1:] == (8, 8)
    def embed(self, images):
        return images.flatten(1)

@hookimpl
def encoder(seed):
    return Pixels()
"""


def grade(folder, sources):
    """Grade submissions that may import the solution as a module of their own; return results by name."""
    results = {}

    def body(session):
        for number, (name, text) in enumerate(sources.items()):
            place = folder / str(number)
            place.mkdir(parents=True)
            (place / "solution.py").write_text(SOLUTION, encoding="utf-8")
            (place / "submission.py").write_text(text, encoding="utf-8")
            results[name] = session.grader.grade(Job(submission_id=f"s{number}", path=str(place)))

    setup = GradingSetup(content_root=str(ROOT), assignment="contrastive", seed="5eed" * 16, budgets=False)
    with_session(setup, load_plugins(), body)
    return results


def completed(text):
    """Return a mutant with the functions that it leaves alone; the encoder is left out."""
    others = [name for name in FUNCTIONS if not re.search(rf"^def {name}\(", text, re.MULTILINE)]
    return f"{text}\n\nfrom solution import {', '.join(others)}\n" if others else text


def text_of(*names):
    """Return several mutants in one text; each has other functions."""
    return "\n\n".join(MUTANTS[name].path.read_text(encoding="utf-8") for name in names)


def lost(result):
    """Return the tests that were lost, other than those that are not measured or want an encoder."""
    kept = {Outcome.PASSED, Outcome.NOT_MEASURED, Outcome.NOT_IMPLEMENTED}
    return {test.id: test for test in result.tests if test.outcome not in kept}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    sources = {name: completed(text_of(name)) for name in QUICK}
    sources["two mistakes"] = completed(text_of("self_similarity_kept", "augment_views_alike"))
    sources["right"] = completed("")
    sources["harmless"] = HARMLESS
    return grade(tmp_path_factory.mktemp("mutants"), sources)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    sources = {name: f"{text_of(name)}\n\n{SHORT}" for name in TRAINED}
    return grade(tmp_path_factory.mktemp("trained"), sources)


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    return grade(tmp_path_factory.mktemp("roads"), {road: USING.format(road=road) for road in ROADS})


def hears(result, name):
    found = lost(result)
    assert set(MUTANTS[name].killed_by) <= set(found)
    for test in MUTANTS[name].killed_by:
        assert found[test].cause is not None, found[test].student_message
        assert found[test].cause.hint == MUTANTS[name].hint


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_who_makes_a_mistake_in_the_loss_or_the_views_hears_of_it(results, name):
    hears(results[name], name)


@pytest.mark.long
@pytest.mark.parametrize("name", TRAINED)
def test_who_makes_a_mistake_in_the_encoder_hears_of_it(trained, name):
    hears(trained[name], name)


@pytest.mark.slow
def test_who_makes_two_contrastive_mistakes_hears_of_both(results):
    causes = {test.cause.mutant for test in lost(results["two mistakes"]).values() if test.cause}
    assert causes == {"self_similarity_kept", "augment_views_alike"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["right", "harmless"])
def test_who_only_mentions_built_in_similarity_loses_nothing(results, name):
    assert lost(results[name]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("road", ROADS)
def test_a_road_to_built_in_similarity_ends_in_its_sentence(roads, road):
    test = next(test for test in roads[road].tests if test.id == "test_similarity")
    assert test.outcome is Outcome.ERROR
    text = f"your `cosine_similarity_matrix` uses `{ROADS[road]}`, which this assignment asks you to "
    assert text in test.student_message


@pytest.mark.slow
def test_the_handouts_exam_can_be_held_in_a_students_folder(tmp_path):
    folder = tmp_path / "contrastive"
    start = [sys.executable, "-m", "torchgrade", "start", "contrastive", "--to", folder, "--content", ROOT]
    subprocess.run(start, check=True, capture_output=True)
    handout = (folder / "handout.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```python\n(.*?)^```", handout, re.MULTILINE | re.DOTALL)
    (folder / "exam.py").write_text(script, encoding="utf-8")
    (folder / "submission.py").write_text(PIXELS, encoding="utf-8")
    told = subprocess.run([sys.executable, "exam.py"], cwd=folder, check=True, capture_output=True, text=True)
    accuracies = [float(line.split()[-1]) for line in told.stdout.splitlines()]
    # What the handout says of pixels; how many were seen does not matter to them.
    assert accuracies == pytest.approx([0.27, 0.39, 0.39], abs=0.05)
