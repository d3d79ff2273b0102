"""Proxies: plugins of the contract that stand in the grader for what runs in a worker."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pluggy

from torchgrade import hookimpl
from torchgrade.contract import Contract, Hook

__all__ = ["ContractProxy"]

Handler = Callable[[Hook, tuple[Any, ...]], Any]


class ContractProxy:
    """An object with a method for each hook of a contract.

    It is a pluggy manager of the contract with one plugin in it: ``proxy.relu_backward(dout, x)``
    calls the hook as a host application would call a student's plugin.

    Args:
        contract: whose hooks to offer.
        handle: called with the hook and its arguments in the contract's order.
    """

    def __init__(self, contract: Contract, handle: Handler) -> None:
        self._contract = contract
        self._manager = contract.manager()
        self._manager.register(_plugin(contract, handle), "remote")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        hook = self._contract.hooks.get(name)
        if hook is None:
            raise AttributeError(f"the contract has no hook '{name}'")
        caller: pluggy.HookCaller = getattr(self._manager.hook, name)
        signature = inspect.Signature(
            [
                inspect.Parameter(argument, inspect.Parameter.POSITIONAL_OR_KEYWORD)
                for argument in hook.arguments
            ]
        )

        def call(*args: Any, **kwargs: Any) -> Any:
            return caller(**signature.bind(*args, **kwargs).arguments)

        return call


def _plugin(contract: Contract, handle: Handler) -> object:
    methods = {name: staticmethod(_stand_in(hook, handle)) for name, hook in contract.hooks.items()}
    return type("RemotePlugin", (), methods)()


def _stand_in(hook: Hook, handle: Handler) -> Callable[..., Any]:
    def stand_in(*arguments: Any) -> Any:
        return handle(hook, arguments)

    stand_in.__name__ = hook.name
    # pluggy asks the signature for the names of the arguments that it shall pass.
    stand_in.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in hook.arguments]
    )
    return hookimpl(stand_in)
