"""What a student hears who uses what the assignment rules out: one sentence, in one place."""

from __future__ import annotations

import linecache
import re
import types
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

__all__ = ["OffLimitsError", "OffLimitsImportError", "refusal", "refuse", "refused_in", "refusing"]

_SENTENCE = re.compile(r"uses `[\w.:*]{1,200}`, which this assignment asks you to (?:write|do without)")


class OffLimitsError(Exception):
    """A submission used what its assignment asks for."""


class OffLimitsImportError(OffLimitsError, ModuleNotFoundError):
    """A submission imported a ruled-out package that is not there; a guarded import may fail as ever."""


def refusal(name: str) -> str:
    """Return the sentence about a name: a whole package is done without, a part of one is written."""
    asked = "write" if "." in name or "::" in name else "do without"
    return f"uses `{name}`, which this assignment asks you to {asked}"


def refused_in(text: str) -> str:
    """Return the sentence in an error's text, ``""`` if there is none.

    TorchScript and the compiler put an exception's text into one of their own.
    """
    found = _SENTENCE.search(text)
    return found.group() if found else ""


def refuse(name: str) -> NoReturn:
    """Raise for the use of a name.

    Raises:
        OffLimitsError: always.
    """
    raise OffLimitsError(refusal(name))


def refusing(name: str, free: Sequence[str] = ()) -> types.FunctionType:
    """Return a function that takes anything and refuses.

    Its source can be shown, and says so too: TorchScript shows what it cannot compile.

    Args:
        name: what is off limits.
        free: names of free variables that its code shall have.
    """
    source = (
        f"def outer({', '.join(free)}):\n"
        "    def refused(*__given, **__named):\n"
        f"        {refusal(name)!r}\n"
        "        from torchgrade.worker.refusal import refuse\n"
        f"        refuse({name!r})\n"
        f"        return ({' '.join(f'{cell},' for cell in free)})\n"
        "    return refused\n"
    )
    place = f"<off limits: {name}>"
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    scope: dict[str, Any] = {"__name__": __name__}
    exec(compile(source, place, "exec", dont_inherit=True), scope)  # noqa: S102 - a text of ours
    outer: Callable[..., types.FunctionType] = scope["outer"]
    function = outer(*free)
    function.__name__ = function.__qualname__ = name.rpartition(".")[2]
    return function
