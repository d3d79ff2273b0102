"""Names that refuse: modules, classes, functions and methods of Python, and functions of C by every alias.

What is written in Python is changed in place, so that it refuses whoever holds it already: a function
gets other code, a class other methods. What is written in C is replaced wherever a module names it.
"""

from __future__ import annotations

import difflib
import enum
import importlib
import importlib.util
import inspect
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from torchgrade.worker.refusal import refusing

__all__ = [
    "OffLimitsNameError",
    "Target",
    "find_targets",
    "matches",
    "refuse_function",
    "replace_targets",
]

# The worker itself lives on these.
_NEEDED = frozenset({"builtins", "msgspec", "numpy", "pluggy", "sys", "torchgrade"})
_WRAPPED = (staticmethod, classmethod)
# What is asked of a class or an object without using it.
_ASKED_ONLY = frozenset(
    {
        "__class_getitem__",
        "__del__",
        "__eq__",
        "__getattr__",
        "__getattribute__",
        "__hash__",
        "__init_subclass__",
        "__instancecheck__",
        "__repr__",
        "__setattr__",
        "__subclasscheck__",
        "__subclasshook__",
    }
)


class OffLimitsNameError(Exception):
    """A name or pattern of the manifest means nothing, or what cannot be ruled out: the author's to mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that shall refuse.

    Attributes:
        name: as students are told.
        value: the object itself, as it stands in its owner (a method unbound).
        owner, attribute: where it was found.
    """

    name: str
    value: Any
    owner: Any
    attribute: str


def matches(pattern: str, dotted: str) -> str:
    """Return the beginning of a dotted name that a pattern means, ``""`` if it means none.

    ``torch.nn.LSTM*`` means ``torch.nn.LSTMCell`` in ``torch.nn.LSTMCell.forward``.
    """
    count = pattern.count(".") + 1
    parts = dotted.split(".")
    head = ".".join(parts[:count])
    return head if len(parts) >= count and fnmatchcase(head, pattern) else ""


def find_targets(name: str) -> list[Target]:
    """Return what a name or pattern means.

    Args:
        name: dotted; its last part may be a pattern, which means public names alone.

    Raises:
        OffLimitsNameError: if it means nothing, or what cannot be ruled out.
    """
    parent, _, last = name.rpartition(".")
    if not parent:
        if name in _NEEDED:
            raise OffLimitsNameError(
                f"off_limits: '{name}' is what every worker needs: name what is off limits in it"
            )
        module = _import(name, name)
        return _with_members(Target(name=name, value=module, owner=module, attribute=""))
    owner = _walk(parent, name)
    if not any(sign in last for sign in "*?["):
        return _with_members(_target(owner, last, name))
    found = [attribute for attribute in dir(owner) if fnmatchcase(attribute, last) and attribute[0] != "_"]
    targets = [_target(owner, attribute, f"{parent}.{attribute}") for attribute in found]
    targets = [target for target in targets if callable(target.value)]
    if not targets:
        raise OffLimitsNameError(f"off_limits: nothing is named '{name}'{_near(owner, last)}")
    return targets


def replace_targets(targets: Sequence[Target]) -> list[tuple[object, object]]:
    """Let everything found refuse.

    Returns:
        Each thing of a module and what stands for it now: itself, if it was changed in place.

    Raises:
        OffLimitsNameError: if something cannot be made to.
    """
    aliases: dict[int, tuple[object, object]] = {}
    for target in targets:
        if isinstance(target.value, types.ModuleType):
            continue  # its members are targets of their own
        if isinstance(target.owner, types.ModuleType):
            _refuse_value(target.value, target.name, aliases)
        else:
            _refuse_attribute(target)
    pairs = list(aliases.values())
    _replace_aliases({id(old): pair for pair in pairs if (old := pair[0]) is not pair[1]})
    return pairs


def _walk(dotted: str, whole: str) -> Any:
    first, *rest = dotted.split(".")
    owner: Any = _import(first, whole)
    for part in rest:
        owner = _target(owner, part, whole, reached=True).value
    return owner


def _target(owner: Any, attribute: str, name: str, *, reached: bool = False) -> Target:
    """Look an attribute up; a submodule may have to be imported first."""
    try:
        value = (
            inspect.getattr_static(owner, attribute) if isinstance(owner, type) else getattr(owner, attribute)
        )
    except AttributeError:
        child = f"{getattr(owner, '__name__', '')}.{attribute}"
        if isinstance(owner, types.ModuleType) and hasattr(owner, "__path__") and _has_spec(child):
            value = _import(child, name)
        else:
            raise OffLimitsNameError(
                f"off_limits: nothing is named '{name}'{_near(owner, attribute)}"
            ) from None
    usable = (
        callable(value) or inspect.isdatadescriptor(value) or isinstance(value, (*_WRAPPED, types.ModuleType))
    )
    if not usable and not reached:
        raise OffLimitsNameError(f"off_limits: '{name}' is nothing that can be called")
    return Target(name=name, value=value, owner=owner, attribute=attribute)


def _near(owner: Any, attribute: str) -> str:
    near = difflib.get_close_matches(attribute.strip("*?"), dir(owner), n=1)
    where = getattr(owner, "__name__", "it")
    return f", did you mean '{near[0]}' in {where}?" if near else ""


def _import(name: str, whole: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise OffLimitsNameError(f"off_limits: '{whole}': {name} cannot be imported: {error}") from error


def _has_spec(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _with_members(target: Target) -> list[Target]:
    """Return a target and, if it is a module, what it consists of."""
    module = target.value
    if not isinstance(module, types.ModuleType):
        return [target]
    return [
        target,
        *(
            Target(name=f"{target.name}.{member}", value=value, owner=module, attribute=member)
            for member, value in _members(module)
        ),
    ]


def _members(module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the functions and classes that a module and its loaded submodules define."""
    inside = f"{module.__name__}."
    seen: set[int] = set()
    for name, part in sorted((n, m) for n, m in sys.modules.items() if f"{n}.".startswith(inside)):
        public = getattr(part, "__all__", ())
        for key, value in sorted(_namespace(part).items()):
            home = getattr(value, "__module__", None)
            own = isinstance(home, str) and f"{home}.".startswith(inside)
            if id(value) in seen or not callable(value) or not (own or (key in public and _is_c(value))):
                continue
            if isinstance(value, type) and issubclass(value, BaseException | enum.Enum):
                continue
            seen.add(id(value))
            yield (key if name == module.__name__ else f"{name.removeprefix(inside)}.{key}"), value


def _namespace(module: object) -> dict[str, Any]:
    """Return a module's names; what stands in ``sys.modules`` need not be a module."""
    return vars(module) if isinstance(module, types.ModuleType) else {}


def _is_c(value: object) -> bool:
    return isinstance(value, types.BuiltinFunctionType)


def _refuse_value(value: Any, name: str, aliases: dict[int, tuple[object, object]]) -> None:
    """Change what a module holds in place, or note what shall stand for it."""
    stand_in: object = value
    if isinstance(value, type):
        if not _refuse_class(value, name):
            stand_in = type(value.__name__, (), {"__new__": refusing(name)})
    else:
        changed = refuse_function(value, name)
        # numpy's functions of Python stand behind a dispatcher of C.
        if not refuse_function(getattr(value, "_implementation", None), name) and not changed:
            stand_in = refusing(name)
    aliases[id(value)] = (value, stand_in)


def _refuse_attribute(target: Target) -> None:
    """Let one attribute of a class refuse, leaving its bases alone."""
    value = target.value.__func__ if isinstance(target.value, _WRAPPED) else target.value
    own = target.attribute in vars(target.owner) if isinstance(target.owner, type) else False
    if own and refuse_function(value, target.name):
        return
    stand_in: Any = refusing(target.name)
    if inspect.isdatadescriptor(target.value):
        stand_in = property(stand_in, stand_in)
    try:
        setattr(target.owner, target.attribute, stand_in)
    except (AttributeError, TypeError) as error:
        raise OffLimitsNameError(f"off_limits: '{target.name}' cannot be ruled out: {error}") from error


def _refuse_class(cls: type, name: str) -> bool:
    """Let a class refuse to be made and its own methods to be called; False if it is one of C."""
    try:
        cls.__new__ = staticmethod(refusing(name))  # type: ignore[method-assign]
    except TypeError:
        return False
    for attribute, value in list(vars(cls).items()):
        if attribute not in _ASKED_ONLY and attribute != "__new__":
            refuse_function(value.__func__ if isinstance(value, _WRAPPED) else value, name)
    return True


def refuse_function(function: object, name: str) -> bool:
    """Give a function of Python, and what it wraps, code that refuses; False for anything else."""
    changed = False
    seen: set[int] = set()
    while isinstance(function, types.FunctionType) and id(function) not in seen:
        seen.add(id(function))
        old = function.__code__
        code = refusing(name, old.co_freevars).__code__  # as many free variables as the function has cells
        function.__code__ = code.replace(co_name=old.co_name, co_qualname=old.co_qualname)
        function.__defaults__ = function.__kwdefaults__ = None
        changed = True
        function = getattr(function, "__wrapped__", None)
    return changed


def _replace_aliases(aliases: Mapping[int, tuple[object, object]]) -> None:
    """Put the stand-ins where modules, and modules in them that nobody imports, name the originals."""
    if not aliases:
        return
    pending: list[object] = list(sys.modules.values())
    seen = {id(module) for module in pending}
    while pending:
        namespace = _namespace(pending.pop())
        for key, value in list(namespace.items()):
            original, stand_in = aliases.get(id(value), (None, None))
            if stand_in is not None and value is original:
                namespace[key] = stand_in
            elif type(value) is types.ModuleType and id(value) not in seen:
                seen.add(id(value))
                pending.append(value)
