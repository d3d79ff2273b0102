"""What a student wrote is compared with the contract hook by hook: one wrong hook costs only itself."""

from __future__ import annotations

import functools
import types

import pytest

from torchgrade.contract import check_plugin, implement, load_contract, with_arguments_in_order

CONTRACT = load_contract(
    "from torchgrade import hookspec\n"
    "@hookspec(firstresult=True)\ndef relu_backward(dout, x): ...\n"
    "@hookspec(firstresult=True)\ndef softmax(logits): ...\n"
    "@hookspec(firstresult=True)\ndef constant(): ...\n",
    "contract.py",
)
GOOD = (
    "from torchgrade import hookimpl\nimport functools\n"
    "@hookimpl\ndef softmax(logits): return ('softmax', logits)\n"
    "@hookimpl\ndef constant(): return 42\n"
)


UNREADABLE = """
class Layer:
    __signature__ = 3
    def __call__(self): ...
relu_backward = hookimpl(Layer())
"""
CALLABLE = """
class Layer:
    def __call__(self, dout, x): return ('got', dout, x)
relu_backward = hookimpl(Layer())
"""


def plugin(body):
    module = types.ModuleType("submission")
    exec(GOOD + body, vars(module))
    return module


def check(body):
    usable, problems = check_plugin(CONTRACT, plugin(body))
    return usable, {problem.hook: problem.text for problem in problems}


def test_a_complete_plugin_has_no_problem():
    usable, problems = check("@hookimpl\ndef relu_backward(dout, x): return dout * x\n")

    assert set(usable) == set(CONTRACT.hooks)
    assert problems == {}
    assert usable["relu_backward"](2, 3) == 6


@pytest.mark.parametrize(
    "body, sentence",
    [
        ("", "there is no `relu_backward`; the contract asks for `relu_backward(dout, x)`"),
        (
            "def relu_backward(dout, x): ...",
            "your `relu_backward` has no `@hookimpl` above it, so it is not found",
        ),
        (
            "class relu_backward: ...",
            "your `relu_backward` has no `@hookimpl` above it, so it is not found",
        ),
        ("relu_backward = 3", "there is no `relu_backward`; the contract asks for `relu_backward(dout, x)`"),
        (
            "@hookimpl\ndef relu_backwards(dout, x): ...",
            "there is no `relu_backward`; is your `relu_backwards` meant for it?",
        ),
        (
            "@hookimpl\ndef relu_backward(x): ...",
            "your `relu_backward` takes (x), the contract has (dout, x)",
        ),
        (
            "@hookimpl\ndef relu_backward(dout, x, eps): ...",
            "your `relu_backward` takes (dout, x, eps), the contract has (dout, x)",
        ),
        (
            "@hookimpl\ndef relu_backward(*args): ...",
            "your `relu_backward` takes (), the contract has (dout, x)",
        ),
        (
            "@hookimpl\ndef relu_backward(dout, **kwargs): ...",
            "your `relu_backward` takes (dout), the contract has (dout, x)",
        ),
        (
            "@hookimpl\nclass relu_backward:\n    def __init__(self, dout): ...",
            "your `relu_backward` takes (dout), the contract has (dout, x)",
        ),
        (
            UNREADABLE,
            "your `relu_backward` is no function whose arguments can be read",
        ),
    ],
)
def test_one_wrong_hook_costs_itself_and_says_why(body, sentence):
    usable, problems = check(body)

    assert problems["relu_backward"] == sentence
    assert set(usable) == {"softmax", "constant"}


def test_what_is_missing_is_not_taken_for_another_function_of_the_contract():
    contract = load_contract(
        "from torchgrade import hookspec\n"
        "@hookspec(firstresult=True)\ndef softmax(logits): ...\n"
        "@hookspec(firstresult=True)\ndef softmax2(logits): ...\n"
        "@hookspec(firstresult=True)\ndef constant(): ...\n",
        "contract.py",
    )
    _, problems = check_plugin(contract, plugin(""))

    assert [problem.text for problem in problems] == [
        "there is no `softmax2`; the contract asks for `softmax2(logits)`"
    ]


def test_an_unknown_hook_is_named_and_what_may_be_meant():
    usable, problems = check(
        "@hookimpl\ndef relu_backward(dout, x): ...\n@hookimpl\ndef softmax_(logits): ...\n"
    )

    assert problems == {
        "": "your `softmax_` is marked `@hookimpl`, but the contract has no such function;"
        " did you mean `softmax`?"
    }
    assert set(usable) == set(CONTRACT.hooks)


def test_objects_that_answer_every_question_with_an_error_are_passed_over():
    _, problems = check(
        "class Rude:\n    def __getattr__(self, name): raise RuntimeError(name)\nrude = Rude()\n"
        "@hookimpl\ndef relu_backward(dout, x): ...\n"
    )

    assert problems == {}


def test_objects_that_answer_every_question_with_yes_are_passed_over():
    _, problems = check(
        "from unittest.mock import MagicMock\nmock = MagicMock()\n"
        "@hookimpl\ndef relu_backward(dout, x): ...\n"
    )

    assert problems == {}


@pytest.mark.parametrize(
    "body",
    [
        "@hookimpl\ndef relu_backward(dout, x): return ('got', dout, x)",
        "@hookimpl\ndef relu_backward(x, dout): return ('got', dout, x)",
        "@hookimpl\ndef relu_backward(dout, x=None): return ('got', dout, x)",
        "@hookimpl\ndef relu_backward(dout=1, x=2): return ('got', dout, x)",
        "@hookimpl\ndef relu_backward(dout, *, x): return ('got', dout, x)",
        "@hookimpl\ndef relu_backward(dout, /, x): return ('got', dout, x)",
        "@hookimpl\ndef relu_backward(dout, x, *rest, **options): return ('got', dout, x, *rest, *options)",
        "relu_backward = hookimpl(lambda dout, x: ('got', dout, x))",
        "@hookimpl\n@functools.lru_cache\ndef relu_backward(dout, x): return ('got', dout, x)",
        CALLABLE,
        "@hookimpl(tryfirst=True)\ndef relu_backward(dout, x): return ('got', dout, x)",
    ],
)
def test_every_argument_reaches_a_hook_whatever_its_signature_looks_like(body):
    usable, problems = check(body)
    manager = CONTRACT.manager()
    hook = CONTRACT.hooks["relu_backward"]
    module = types.ModuleType("hooks")
    vars(module)["relu_backward"] = with_arguments_in_order(hook, usable["relu_backward"])
    manager.register(module)

    assert problems == {}
    assert manager.hook.relu_backward(dout="d", x="x") == ("got", "d", "x")


def test_a_class_can_be_a_hook():
    usable, _ = check(
        "@hookimpl\nclass relu_backward:\n    def __init__(self, dout, x=0): self.both = (dout, x)"
    )
    function = with_arguments_in_order(CONTRACT.hooks["relu_backward"], usable["relu_backward"])

    assert function(1, 2).both == (1, 2)


def test_an_implementation_hands_over_its_arguments_in_the_order_of_the_contract():
    manager = CONTRACT.manager()
    module = types.ModuleType("hooks")
    for name, hook in CONTRACT.hooks.items():
        setattr(module, name, implement(hook, functools.partial(lambda name, given: (name, given), name)))
    manager.register(module)

    assert manager.hook.relu_backward(x=2, dout=1) == ("relu_backward", (1, 2))
    assert manager.hook.constant() == ("constant", ())
