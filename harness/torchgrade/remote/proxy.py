"""Proxies: plugins of the contract that stand in the grader for what runs in a worker."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import pluggy

from torchgrade.contract import Contract, Hook, implement
from torchgrade.remote.answers import MethodCall
from torchgrade.wire import Handle

__all__ = ["ContractProxy", "RemoteObject"]

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


class RemoteObject:
    """Stands for an object that a hook has made, and that stays where it was made.

    Args:
        hook: that made it.
        handle: by which it is known there.
        ask: called with each call of one of its methods.
    """

    def __init__(self, hook: Hook, handle: Handle, ask: Callable[[MethodCall], Any]) -> None:
        self._hook = hook
        self._handle = handle
        self._ask = ask

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._hook.methods:
            raise AttributeError(f"the object of '{self._hook.name}' has no method '{name}'")

        def call(*arguments: Any) -> Any:
            called = MethodCall(hook=self._hook, handle=self._handle, method=name, arguments=arguments)
            return self._ask(called)

        return call


def _plugin(contract: Contract, handle: Handler) -> object:
    hooks = contract.hooks
    methods = {name: staticmethod(implement(hook, partial(handle, hook))) for name, hook in hooks.items()}
    return type("RemotePlugin", (), methods)()
