"""Proxies: plugins of the contract that stand in the grader for what runs in a worker."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import pluggy

from torchgrade.contract import Contract, Hook, implement
from torchgrade.remote.answers import MethodCall, Step
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
        ask: called with calls of its methods; returns their results.
    """

    def __init__(self, hook: Hook, handle: Handle, ask: Callable[[MethodCall], list[Any]]) -> None:
        self._hook = hook
        self._handle = handle
        self._ask = ask

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._hook.methods:
            raise AttributeError(f"the object of '{self._hook.name}' has no method '{name}'")

        def call(*arguments: Any) -> Any:
            return self._ask_all(Step(method=name, arguments=arguments))[0]

        return call

    def in_turn(self, *calls: tuple[Any, ...]) -> list[Any]:
        """Call methods one after the other, in one round trip; returns their results.

        ``agent.in_turn(("observe", …), ("act", observation, True))`` is ``agent.observe(…)`` and then
        ``agent.act(observation, True)``, in half the time where they do little.

        Args:
            *calls: method and its arguments.
        """
        return self._ask_all(*[Step(method=call[0], arguments=call[1:]) for call in calls])

    def _ask_all(self, *steps: Step) -> list[Any]:
        for step in steps:
            if step.method not in self._hook.methods:
                raise AttributeError(f"the object of '{self._hook.name}' has no method '{step.method}'")
        return self._ask(MethodCall(hook=self._hook, handle=self._handle, steps=steps))


def _plugin(contract: Contract, handle: Handler) -> object:
    hooks = contract.hooks
    methods = {name: staticmethod(implement(hook, partial(handle, hook))) for name, hook in hooks.items()}
    return type("RemotePlugin", (), methods)()
