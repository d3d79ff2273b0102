"""A proxy is called as the contract says and hands its arguments over in the contract's order."""

from __future__ import annotations

import pytest

from torchgrade.contract import load_contract
from torchgrade.remote.proxy import ContractProxy

CONTRACT = load_contract(
    "from torchgrade import hookspec\n"
    "@hookspec(firstresult=True)\ndef relu_backward(dout, x): ...\n"
    "@hookspec(firstresult=True)\ndef constant(): ...\n"
    "@hookspec(firstresult=True)\ndef odd_names(cls, hook, call, handle): ...\n",
    "contract.py",
)


@pytest.fixture
def proxy():
    return ContractProxy(CONTRACT, lambda hook, arguments: (hook.name, arguments))


@pytest.mark.parametrize(
    "call",
    [
        lambda proxy: proxy.relu_backward(1, 2),
        lambda proxy: proxy.relu_backward(dout=1, x=2),
        lambda proxy: proxy.relu_backward(x=2, dout=1),
        lambda proxy: proxy.relu_backward(1, x=2),
    ],
)
def test_arguments_may_be_given_by_place_or_by_name(proxy, call):
    assert call(proxy) == ("relu_backward", (1, 2))


def test_a_hook_without_arguments_is_called(proxy):
    assert proxy.constant() == ("constant", ())


def test_any_name_may_be_an_argument(proxy):
    assert proxy.odd_names(1, 2, 3, 4) == ("odd_names", (1, 2, 3, 4))


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda proxy: proxy.relu_backward(1), "missing a required argument: 'x'"),
        (lambda proxy: proxy.relu_backward(1, 2, 3), "too many positional arguments"),
        (lambda proxy: proxy.relu_backward(1, 2, x=2), "multiple values for argument 'x'"),
        (lambda proxy: proxy.relu_backward(1, y=2), "missing a required argument: 'x'"),
        (lambda proxy: proxy.relu_backward(1, 2, y=2), "got an unexpected keyword argument 'y'"),
        (lambda proxy: proxy.constant(1), "too many positional arguments"),
    ],
)
def test_wrong_arguments_are_the_callers_fault(proxy, call, sentence):
    with pytest.raises(TypeError, match=sentence):
        call(proxy)


def test_an_unknown_hook_is_named(proxy):
    with pytest.raises(AttributeError, match="the contract has no hook 'relu_backwards'"):
        proxy.relu_backwards(1, 2)


def test_what_the_handler_raises_arrives():
    def refuse(hook, arguments):
        raise LookupError(hook.name, arguments)

    with pytest.raises(LookupError, match="constant"):
        ContractProxy(CONTRACT, refuse).constant()


def test_none_is_an_answer_too():
    assert ContractProxy(CONTRACT, lambda *_: None).relu_backward(1, 2) is None
