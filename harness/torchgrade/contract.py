"""The contract of an assignment: pluggy hookspecs, loaded by path, and the check of a plugin.

Both sides use it: the worker checks what a student wrote against it, the grader names arguments and
results by it. It imports nothing but pluggy, so it may run in the worker.
"""

from __future__ import annotations

import difflib
import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pluggy

__all__ = [
    "Contract",
    "ContractError",
    "Hook",
    "Problem",
    "check_plugin",
    "implement",
    "load_contract",
    "returns",
    "returns_object",
    "with_arguments_in_order",
]

PROJECT = "torchgrade"
_IMPL = f"{PROJECT}_impl"
_SPEC = f"{PROJECT}_spec"

F = TypeVar("F", bound=Callable[..., Any])


class ContractError(Exception):
    """A contract is broken: the author's to mend."""


def returns(*names: str) -> Callable[[F], F]:
    """Name the parts of the tuple that a hook returns, so that messages can say ``dw`` for ``[1]``.

    Used in contracts: ``@returns("dx", "dw", "db")`` below ``@hookspec(firstresult=True)``.
    """

    def mark(function: F) -> F:
        function.torchgrade_returns = names  # type: ignore[attr-defined]
        return function

    return mark


def returns_object(*methods: str) -> Callable[[F], F]:
    """Say that a hook returns an object with these methods; it stays in the worker.

    The grader gets a handle and calls the methods by it.
    """

    def mark(function: F) -> F:
        function.torchgrade_methods = methods  # type: ignore[attr-defined]
        return function

    return mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One function that the student writes.

    Attributes:
        result_names: names of the parts of the tuple that it returns; empty if it returns no tuple.
        methods: methods of the object that it returns; empty if it returns plain values.
    """

    name: str
    arguments: tuple[str, ...]
    result_names: tuple[str, ...]
    methods: tuple[str, ...]
    doc: str

    @property
    def signature(self) -> str:
        """The call as a student writes it, such as ``relu_backward(dout, x)``."""
        return f"{self.name}({', '.join(self.arguments)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The hooks of an assignment, in the order of its file."""

    hooks: Mapping[str, Hook]
    namespace: types.ModuleType

    def manager(self) -> pluggy.PluginManager:
        """Return a new pluggy manager that knows this contract's hookspecs."""
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(self.namespace)
        return manager


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why one hook of a plugin cannot be called, as a sentence for its student."""

    hook: str
    text: str


def load_contract(source: str, filename: str) -> Contract:
    """Execute the text of a ``contract.py`` and return its hooks.

    Args:
        source: the file's text. It is content of the author, not of a student.
        filename: shown in errors.

    Raises:
        ContractError: if it cannot be executed, declares no hook, or a hook is no first-result hook.
    """
    module = types.ModuleType("contract")
    module.__file__ = filename
    try:
        exec(compile(source, filename, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the author's own file
    except Exception as error:
        raise ContractError(f"{filename} cannot be imported: {error!r}") from error
    hooks: dict[str, Hook] = {}
    for name, function in vars(module).items():
        options = getattr(function, _SPEC, None)
        if options is None or not inspect.isfunction(function):
            continue
        if not options["firstresult"]:
            raise ContractError(f"{filename}: {name} must be marked @hookspec(firstresult=True)")
        parameters = inspect.signature(function).parameters
        if any(not _is_plain(parameter) for parameter in parameters.values()):
            raise ContractError(f"{filename}: {name} must have plain arguments, no defaults, '*' or '/'")
        hooks[name] = Hook(
            name=name,
            arguments=tuple(parameters),
            result_names=getattr(function, "torchgrade_returns", ()),
            methods=getattr(function, "torchgrade_methods", ()),
            doc=inspect.getdoc(function) or "",
        )
    if not hooks:
        raise ContractError(f"{filename} declares no @hookspec function")
    return Contract(hooks=hooks, namespace=module)


def _is_plain(parameter: inspect.Parameter) -> bool:
    return (
        parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        and parameter.default is inspect.Parameter.empty
    )


def check_plugin(contract: Contract, plugin: object) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Compare what a student wrote with the contract.

    Returns:
        The functions that can be called, by hook name, and a problem for each that cannot. One
        wrong or missing hook costs only itself.
    """
    usable: dict[str, Any] = {}
    problems: list[Problem] = []
    marked = {name: value for name, value in _members(plugin) if _is_marked(value)}
    unknown = [name for name in marked if name not in contract.hooks]
    for hook in contract.hooks.values():
        function = marked.get(hook.name)
        if function is None:
            problems.append(Problem(hook=hook.name, text=_explain_missing(hook, plugin, unknown)))
            continue
        wrong = _explain_signature(hook, function)
        if wrong:
            problems.append(Problem(hook=hook.name, text=wrong))
        else:
            usable[hook.name] = function
    problems.extend(Problem(hook="", text=_explain_unknown(name, contract.hooks)) for name in unknown)
    return usable, tuple(problems)


def with_arguments_in_order(hook: Hook, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a hook implementation that has the contract's arguments and calls ``function`` with all.

    pluggy itself passes over arguments with a default and keyword-only ones, and over callables that
    are no functions.
    """
    parameters = inspect.signature(function).parameters.values()
    keyword_only = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    positional = [p.name for p in parameters if p.name in hook.arguments and p.name not in keyword_only]

    def call(arguments: tuple[Any, ...]) -> Any:
        given = dict(zip(hook.arguments, arguments, strict=True))
        return function(*(given[name] for name in positional), **{name: given[name] for name in keyword_only})

    return implement(hook, call)


def implement(hook: Hook, call: Callable[[tuple[Any, ...]], Any]) -> Callable[..., Any]:
    """Return a hook implementation that hands its arguments, in the contract's order, to ``call``.

    pluggy reads the names of the arguments from a function's own code, not from its signature: so the
    function is written out with the contract's names.
    """
    names = "".join(f"{name}, " for name in hook.arguments)
    scope: dict[str, Any] = {"__call__": call}
    exec(f"def {hook.name}({names}):\n    return __call__(({names}))", scope)  # noqa: S102 - the contract's names
    marked: Callable[..., Any] = pluggy.HookimplMarker(PROJECT)(scope[hook.name])
    return marked


def _members(plugin: object) -> Iterable[tuple[str, Any]]:
    for name in dir(plugin):
        if not name.startswith("__"):
            yield name, getattr(plugin, name, None)


def _is_marked(value: object) -> bool:
    try:
        return isinstance(getattr(value, _IMPL, None), dict)
    except Exception:  # noqa: BLE001 - some objects answer every question with an error of their own
        return False


def _explain_missing(hook: Hook, plugin: object, unknown: Sequence[str]) -> str:
    if callable(getattr(plugin, hook.name, None)):
        return f"your `{hook.name}` has no `@hookimpl` above it, so it is not found"
    near = difflib.get_close_matches(hook.name, unknown, n=1)
    if near:
        return f"there is no `{hook.name}`; is your `{near[0]}` meant for it?"
    return f"there is no `{hook.name}`; the contract asks for `{hook.signature}`"


def _explain_unknown(name: str, hooks: Mapping[str, Hook]) -> str:
    near = difflib.get_close_matches(name, hooks, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"your `{name}` is marked `@hookimpl`, but the contract has no such function{hint}"


def _explain_signature(hook: Hook, function: Callable[..., Any]) -> str:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return f"your `{hook.name}` is no function whose arguments can be read"
    variable = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    names = tuple(parameter.name for parameter in parameters if parameter.kind not in variable)
    if set(names) == set(hook.arguments):
        return ""
    wanted = ", ".join(hook.arguments)
    return f"your `{hook.name}` takes ({', '.join(names)}), the contract has ({wanted})"
