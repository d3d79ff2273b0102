"""The assignment attention: what students hear who make its mistakes, and that what is off limits is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from torchgrade.content import load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import Outcome

pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = (ROOT / "reference" / "attention" / "solution.py").read_text(encoding="utf-8")
REFERENCE = load_reference(ROOT, load_assignment(ROOT, "attention"))
MUTANTS = {mutant.name: mutant for mutant in REFERENCE.mutants}
# Training takes seconds and is no part of any mutant.
FUNCTIONS = (
    "scaled_dot_product_attention",
    "attention_backward",
    "multi_head_attention",
    "streaming_attention",
    "positional_encoding",
    "transformer_block",
)
# A message says what happened at this one, and nothing about the cause: `check` compares no answers.
UNNAMED = {"test_multi_head_initial_weights"}
ATTENTION = "torch.nn.functional.scaled_dot_product_attention"
FLEX = "torch.nn.attention.flex_attention.flex_attention"
MULTI_HEAD = "torch.nn.MultiheadAttention"
ROADS = {
    "F.scaled_dot_product_attention(x, x, x)": ATTENTION,
    "getattr(F, 'scaled_dot_' + 'product_attention')(x, x, x)": ATTENTION,
    "torch._C._nn.scaled_dot_product_attention(x, x, x)": ATTENTION,
    "torch.ops.aten.scaled_dot_product_attention(x, x, x)": ATTENTION,
    "torch.ops.aten._scaled_dot_product_attention_math(x, x, x)": ATTENTION,
    "torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(x, x, x)": ATTENTION,
    "torch.vmap(lambda y: torch.ops.aten.scaled_dot_product_attention(y, y, y))(x)": ATTENTION,
    "torch.compile(lambda y: F.scaled_dot_product_attention(y, y, y), backend='eager')(x)": ATTENTION,
    "torch.jit.trace(lambda y: F.scaled_dot_product_attention(y, y, y), x)": ATTENTION,
    "nn.MultiheadAttention(8, 2)": MULTI_HEAD,
    "nn.modules.activation.MultiheadAttention(8, 2)": MULTI_HEAD,
    "type('Own', (nn.MultiheadAttention,), {})(8, 2)": MULTI_HEAD,
    "nn.MultiheadAttention.forward(None, x, x, x)": MULTI_HEAD,
    "torch.ao.nn.quantizable.MultiheadAttention(8, 2)": MULTI_HEAD,
    "F.multi_head_attention_forward()": "torch.nn.functional.multi_head_attention_forward",
    "nn.Transformer(8, 2)": "torch.nn.Transformer",
    "nn.TransformerEncoderLayer(8, 2)": "torch.nn.TransformerEncoderLayer",
    "nn.TransformerDecoderLayer(8, 2)": "torch.nn.TransformerDecoderLayer",
    "nn.TransformerEncoder(None, 2)": "torch.nn.TransformerEncoder",
    "nn.modules.transformer.TransformerEncoderLayer(8, 2)": "torch.nn.TransformerEncoderLayer",
    "torch._native_multi_head_attention(flat, flat, flat, 8, 2, wide, line, square, short)": ATTENTION,
    "torch._masked_softmax(x, x > 0)": "aten::_masked_softmax",
    "from torch.nn.attention.flex_attention import flex_attention as f\n    f(x, x, x)": FLEX,
}
USING = '''
import torch
import torch.nn.functional as F
from torch import nn
from torchgrade import hookimpl

@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    """Not by F.scaled_dot_product_attention, nor by nn.MultiheadAttention(8, 2)."""
    x, flat = torch.ones(2, 3, 4, 8), torch.ones(2, 4, 8)
    wide, line, square, short = torch.ones(24, 8), torch.ones(24), torch.ones(8, 8), torch.ones(8)
    {road}
    return query
'''
HARMLESS = '''
# F.scaled_dot_product_attention(query, key, value) and nn.MultiheadAttention(8, 2) are what I must not use
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn import MultiheadAttention
from torchgrade import hookimpl
import solution
from solution import attention_backward, streaming_attention, positional_encoding, transformer_block

class MultiheadAttention(solution.MultiHeadAttention):
    """My own torch.nn.MultiheadAttention."""

class TransformerEncoderLayer(nn.Module):
    """Mine, too."""

@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    assert "nn.Transformer(8, 2)" and hasattr(F, "scaled_dot_product_attention")
    TransformerEncoderLayer()
    torch.compile(lambda x: x.softmax(-1), backend="eager")(torch.ones(2))
    F.softmax(nn.Linear(2, 2)(F.layer_norm(torch.ones(2), (2,))), dim=0)
    return solution.scaled_dot_product_attention(query, key, value, mask, causal)

@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    return MultiheadAttention(embed_dim, num_heads, seed)
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
            results[name] = session.grader.grade(Job(submission_id=f"s{number}", path=str(place)))

    setup = GradingSetup(content_root=str(ROOT), assignment="attention", seed="5eed" * 16, budgets=False)
    with_session(setup, load_plugins(), body)
    return results


def completed(text):
    """Return a mutant with the functions that it leaves alone."""
    others = [name for name in FUNCTIONS if not re.search(rf"^def {name}\(", text, re.MULTILINE)]
    return f"{text}\n\nfrom solution import {', '.join(others)}\n" if others else text


def mixed(*names):
    """Return several mutants in one submission; each has other functions."""
    texts = [MUTANTS[name].path.read_text(encoding="utf-8") for name in names]
    return completed("\n\n".join(texts))


def lost(result):
    """Return the tests that were lost, other than those that need a model or are not measured."""
    kept = {Outcome.PASSED, Outcome.NOT_MEASURED}
    return {
        test.id: test
        for test in result.tests
        if test.outcome not in kept and not test.id.startswith("test_learns")
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    sources = {name: mixed(name) for name in MUTANTS}
    sources["two mistakes"] = mixed("backward_unscaled", "streaming_sum_not_rescaled")
    sources["right"] = completed("")
    sources["harmless"] = HARMLESS
    return grade(tmp_path_factory.mktemp("mutants"), sources)


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    return grade(tmp_path_factory.mktemp("roads"), {road: USING.format(road=road) for road in ROADS})


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_who_makes_a_mistake_in_attention_hears_of_it(results, name):
    found = lost(results[name])
    assert set(MUTANTS[name].killed_by) <= set(found)
    for test in set(MUTANTS[name].killed_by) - UNNAMED:
        assert found[test].cause is not None, found[test].student_message
        assert found[test].cause.hint == MUTANTS[name].hint


@pytest.mark.slow
def test_who_makes_two_mistakes_in_attention_hears_of_both(results):
    causes = {test.cause.mutant for test in lost(results["two mistakes"]).values() if test.cause}
    assert causes == {"backward_unscaled", "streaming_sum_not_rescaled"}


@pytest.mark.slow
def test_who_drops_weights_at_random_hears_that_two_calls_differ(results):
    message = lost(results["dropout_at_evaluation"])["test_multi_head_initial_weights"].student_message
    assert "is there dropout?" in message


@pytest.mark.slow
@pytest.mark.parametrize("name", ["right", "harmless"])
def test_who_only_mentions_built_in_attention_loses_nothing(results, name):
    assert lost(results[name]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("road", ROADS)
def test_a_road_to_built_in_attention_ends_in_its_sentence(roads, road):
    test = next(test for test in roads[road].tests if test.id == "test_attention")
    assert test.outcome is Outcome.ERROR
    assert (
        f"your `scaled_dot_product_attention` uses `{ROADS[road]}`, which this assignment asks you to "
        in test.student_message
    )
