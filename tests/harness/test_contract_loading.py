"""A contract is loaded with its hooks in order, or refused with the author's mistake named."""

from __future__ import annotations

import pytest

from torchgrade.contract import ContractError, load_contract

HEAD = "from torchgrade import hookspec\nfrom torchgrade.contract import returns, returns_object\n"


def load(body):
    return load_contract(HEAD + body, "course/contract.py")


def test_hooks_are_listed_in_the_order_of_the_file_with_what_they_declare():
    contract = load(
        "LIMIT = 3\n"
        "def helper(): ...\n"
        "@hookspec(firstresult=True)\n@returns('dx', 'dw')\n"
        "def second_first(x, w):\n    '''Say it.\n\n    More.\n    '''\n"
        "@hookspec(firstresult=True)\n@returns_object('step', 'reset')\ndef make(lr): ...\n"
        "@hookspec(firstresult=True)\ndef nothing(): ...\n"
    )

    assert list(contract.hooks) == ["second_first", "make", "nothing"]
    hook = contract.hooks["second_first"]
    assert (hook.arguments, hook.result_names, hook.methods) == (("x", "w"), ("dx", "dw"), ())
    assert hook.doc == "Say it.\n\nMore."
    assert hook.signature == "second_first(x, w)"
    assert contract.hooks["make"].methods == ("step", "reset")
    assert contract.hooks["nothing"].signature == "nothing()"


def test_each_manager_of_a_contract_has_plugins_of_its_own():
    contract = load("@hookspec(firstresult=True)\ndef f(x): ...\n")
    first, second = contract.manager(), contract.manager()

    first.register(object(), "mine")

    assert second.get_plugin("mine") is None
    assert hasattr(second.hook, "f")


@pytest.mark.parametrize(
    "source, sentence",
    [
        ("def f(:", r"course/contract.py cannot be imported: SyntaxError"),
        ("import no_such_module", "cannot be imported: ModuleNotFoundError"),
        ("1 / 0", "cannot be imported: ZeroDivisionError"),
        ("text = '\0'", "cannot be imported: .*null bytes"),
        ("", "declares no @hookspec function"),
        ("def f(x): ...", "declares no @hookspec function"),
        ("@hookspec\ndef f(x): ...", "f must be marked @hookspec\\(firstresult=True\\)"),
        ("@hookspec(historic=True)\ndef f(x): ...", "f must be marked"),
        ("@hookspec(firstresult=True)\nclass F: ...", "declares no @hookspec function"),
        ("@hookspec(firstresult=True)\ndef f(x, *rest): ...", "f must have plain arguments"),
        ("@hookspec(firstresult=True)\ndef f(**options): ...", "f must have plain arguments"),
        ("@hookspec(firstresult=True)\ndef f(x, y=1): ...", "f must have plain arguments"),
        ("@hookspec(firstresult=True)\ndef f(x, /): ...", "f must have plain arguments"),
        ("@hookspec(firstresult=True)\ndef f(*, x): ...", "f must have plain arguments"),
    ],
)
def test_a_broken_contract_is_refused_with_its_file_and_fault(source, sentence):
    with pytest.raises(ContractError, match=sentence):
        load(source)
