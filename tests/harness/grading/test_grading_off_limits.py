"""An assignment of torch whose built-ins are off limits, graded whole."""

from __future__ import annotations

import json

import pytest

from torchgrade.errors import ContentError
from torchgrade.plugin import load_plugins
from torchgrade.results import NoteKind, Outcome

pytest.importorskip("torch")

NAME = "torch.nn.functional.scaled_dot_product_attention"
SENTENCE = f"uses `{NAME}`, which this assignment asks you to write"
MANIFEST = """\
title = "Attention"
packages = ["numpy", "torch"]
off_limits = ["torch.nn.functional.scaled_dot_product_attention", "torch.nn.LSTM*", "torch.optim", "jax"]
off_limits_ops = ["aten::_scaled_dot_product*"]
[limits]
import_seconds = 30
call_seconds = 30
memory_mib = 1024
"""
CONTRACT = '''\
from torchgrade import hookspec

@hookspec(firstresult=True)
def attend(q):
    """Return softmax(q qᵀ / √d) q of a tensor (n, d)."""

@hookspec(firstresult=True)
def double(x):
    """Return 2 x."""
'''
SOLUTION = """\
import torch
from torch import nn
from torchgrade import hookimpl

@hookimpl
def attend(q):
    return torch.softmax(q @ q.T / q.shape[1] ** 0.5, -1) @ q

@hookimpl
def double(x):
    return 2 * x
"""
STARTER = """\
from torchgrade import hookimpl

@hookimpl
def attend(q):
    raise NotImplementedError

@hookimpl
def double(x):
    raise NotImplementedError
"""
CASES = """\
import torch
from torchgrade.testing import Case

def some(draw):
    return [Case("four vectors", q=torch.from_numpy(draw.normal(4, 3)))]

def numbers(draw):
    return [Case("three numbers", x=torch.from_numpy(draw.normal(3)))]
"""
HIDDEN = '''\
from torchgrade.testing import points

@points(60)
def test_attend(agree, cases):
    """attend: four vectors"""
    agree("attend", cases.some())

@points(40)
def test_double(agree, cases):
    """double: three numbers"""
    agree("double", cases.numbers())
'''
OWN = "torch.softmax(q @ q.T / q.shape[1] ** 0.5, -1) @ q"
BUILT_IN = "nn.functional.scaled_dot_product_attention(q[None], q[None], q[None])[0]"
COMMENTS = '# torch.nn.LSTM and torch.optim would be easy\n"""jax, torch.optim.Adam"""\n'


def notebook(*cells):
    written = [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": [], "execution_count": None}
        for text in cells
    ]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def content(kit, tmp_path_factory):
    changes = {
        "assignment.toml": MANIFEST,
        "contract.py": CONTRACT,
        "starter/submission.py": STARTER,
        "public/test_public.py": None,
        "solution.py": SOLUTION,
        "hidden/cases.py": CASES,
        "hidden/test_hidden.py": HIDDEN,
        **{f"mutants/{name}.py": None for name in kit.MUTANTS},
        **{f"alternatives/{name}.py": None for name in kit.ALTERNATIVES},
    }
    return kit.make_content(tmp_path_factory.mktemp("content"), changes)


SUBMISSIONS = {
    "own": SOLUTION,
    "built-in": SOLUTION.replace(OWN, BUILT_IN),
    "caught": SOLUTION.replace(
        f"    return {OWN}",
        f"    try:\n        return {BUILT_IN}\n    except Exception:\n        return {OWN}",
    ),
    "comments": COMMENTS + SOLUTION + "\nclass LSTM(nn.Module):\n    pass\n\nLSTM()\n",
    "at import": SOLUTION + "\nmodel = nn.LSTM(3, 4)\n",
    "absent": "import jax\n" + SOLUTION,
    "unused": SOLUTION + "\nfrom torch.optim import Adam\n",
}


@pytest.fixture(scope="module")
def results(kit, plugins, content, tmp_path_factory):
    return kit.grade(content, plugins, tmp_path_factory.mktemp("class"), SUBMISSIONS)


def outcomes(result):
    return {test.id: test.outcome for test in result.tests}


@pytest.mark.parametrize("name", ["own", "caught", "comments", "unused"])
def test_who_writes_it_gets_all_points_whatever_else_stands_there(results, name):
    assert results[name].passed
    assert results[name].score == 100


@pytest.mark.parametrize("name", ["own", "comments"])
def test_a_name_in_a_comment_or_of_a_class_of_ones_own_is_not_reported(results, name):
    assert results[name].notes == ()


def test_a_function_that_uses_it_fails_alone_and_says_what_and_where(results):
    result = results["built-in"]

    assert outcomes(result) == {"test_attend": Outcome.ERROR, "test_double": Outcome.PASSED}
    (attend,) = (test for test in result.tests if test.id == "test_attend")
    told = attend.student_message.splitlines()
    assert told[:2] == [
        f"your `attend` {SENTENCE} (built-in.py, line 7)",
        f"    return {BUILT_IN}",
    ]
    assert "four vectors" in attend.student_message


def test_the_advice_and_the_refusal_are_one_sentence(results):
    (note,) = (note for note in results["built-in"].notes if note.kind is NoteKind.RULE)

    assert (note.text, note.line) == (SENTENCE, 7)


@pytest.mark.parametrize(
    "name, sentence, line",
    [
        ("at import", "uses `torch.nn.LSTM`, which this assignment asks you to write", 13),
        ("absent", "uses `jax`, which this assignment asks you to do without", 1),
    ],
)
def test_an_import_that_trips_says_so_for_the_whole_submission(results, name, sentence, line):
    result = results[name]

    assert result.failure.splitlines()[0] == f"your {name}.py {sentence} ({name}.py, line {line})"
    assert set(outcomes(result).values()) == {Outcome.ERROR}
    assert result.score == 0
    assert sentence in {note.text for note in result.notes}


def test_in_a_notebook_the_cell_is_named(kit, plugins, content, tmp_path):
    path = tmp_path / "work.ipynb"
    lines = SOLUTION.replace(OWN, BUILT_IN).split("\n\n")
    path.write_text(notebook(*lines))
    told = []

    def body(session):
        told.append(session.grader.grade(kit.Job(submission_id="work", path=str(path))))

    kit.with_session(kit.make_setup(content), plugins, body)
    (attend,) = (test for test in told[0].tests if test.id == "test_attend")

    assert attend.student_message.splitlines()[0] == f"your `attend` {SENTENCE} (cell 2, line 3)"


@pytest.mark.parametrize(
    "manifest, told",
    [
        (
            'off_limits = ["torch.nn.LSTMM"]',
            "nothing is named 'torch.nn.LSTMM', did you mean 'LSTM' in torch.nn?",
        ),
        (
            'off_limits = ["torch.nn.LSTN*"]',
            "nothing is named 'torch.nn.LSTN*', did you mean 'LSTM' in torch.nn?",
        ),
        (
            'off_limits = ["torch.optin.Adam"]',
            "nothing is named 'torch.optin.Adam', did you mean 'optim' in torch?",
        ),
        ('off_limits = ["numpy.linalg.svdd"]', "did you mean 'svd' in numpy.linalg?"),
        ('off_limits = ["numpy.pi"]', "'numpy.pi' is nothing that can be called"),
        ('off_limits = ["numpy.ndarray.sum"]', "'numpy.ndarray.sum' cannot be ruled out: "),
        ('off_limits = ["msgspec"]', "'msgspec' is what every worker needs"),
        ('off_limits_ops = ["aten::lsmt"]', "no operator is named 'aten::lsmt', did you mean 'aten::lstm'?"),
        ('off_limits_ops = ["aten::nothing_*"]', "no operator is named 'aten::nothing_*'"),
    ],
)
def test_what_means_nothing_is_the_authors_fault_and_named(kit, tmp_path, manifest, told):
    text = f'title = "Attention"\npackages = ["numpy", "torch"]\n{manifest}\n'
    broken = kit.make_content(tmp_path, {"assignment.toml": text, "contract.py": CONTRACT})

    with pytest.raises(ContentError, match=r"assignment\.toml: off_limits") as caught:
        kit.with_session(kit.make_setup(broken), load_plugins(), lambda _: None)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "manifest, told",
    [
        ('off_limits = ["torch.nn.LSTM()"]', "'torch.nn.LSTM()' is no dotted name"),
        ('off_limits = ["torch.*.LSTM"]', "'torch.*.LSTM' is no dotted name"),
        ('off_limits = [""]', "'' is no dotted name"),
        ('off_limits = ["aten::lstm"]', "operators go into off_limits_ops"),
        ('off_limits = ["numpy"]', "'numpy' is both in packages and, as a whole, in off_limits"),
        (
            'off_limits_ops = ["aten::lstm"]',
            "off_limits_ops names operators of torch, which is not in packages",
        ),
    ],
)
def test_what_cannot_be_a_name_is_told_at_the_reading(kit, tmp_path, manifest, told):
    broken = kit.make_content(tmp_path, {"assignment.toml": f'title = "Tiny"\n{manifest}\n'})

    with pytest.raises(ContentError) as caught:
        kit.with_session(kit.make_setup(broken), load_plugins(), lambda _: None)
    assert told in str(caught.value)


def test_a_reference_is_held_to_it_too(kit, tmp_path):
    text = SOLUTION + "\nmodel = nn.LSTM(3, 4)\n"
    broken = kit.make_content(
        tmp_path, {"assignment.toml": MANIFEST, "contract.py": CONTRACT, "solution.py": text}
    )

    with pytest.raises(ContentError, match="which this assignment asks you to write"):
        kit.with_session(kit.make_setup(broken), load_plugins(), lambda _: None)
