"""The functions of a submission against those that its assignment asks for, read without importing.

The worker checks the same on the living module; here the answer has a line, and comes even where the
import fails.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence

from torchgrade.content import Assignment
from torchgrade.contract import Hook
from torchgrade.results import Note
from torchgrade.submission import Submission
from torchgrade_plugins.rules.definitions import Definition, Definitions, find_definitions
from torchgrade_plugins.rules.sources import SourceReader, note_at

__all__ = ["SignatureRule"]


class SignatureRule:
    """Compares hooks by name, mark and arguments."""

    def __init__(self, reader: SourceReader) -> None:
        self._reader = reader

    def notes(self, submission: Submission, assignment: Assignment) -> Sequence[Note]:
        """Return a note for each hook that would not be found or could not be called."""
        entry = next((file for file in self._reader.read(submission) if file.path == submission.entry), None)
        if entry is None or entry.tree is None:
            return ()
        there = find_definitions(entry.tree)
        hooks = assignment.contract.hooks
        found: list[tuple[int, str, str]] = list(_about_imports(there))
        taken: set[str] = set()
        for hook in hooks.values():
            definition = there.functions.get(hook.name)
            if definition is not None:
                found += ((line, hook.name, text) for line, text in _about_definition(hook, definition))
            elif hook.name not in there.other_names and not there.has_star_import:
                line, text, near = _about_missing(hook, there, hooks)
                taken.add(near)
                found.append((line, hook.name, text))
        for name, definition in there.functions.items():
            if definition.marked and name not in hooks and name not in taken:
                found.append((definition.line, "", _about_unknown(name, hooks)))
        found += ((twice.line, "", _about_repeated(twice)) for twice in there.repeated if twice.name in hooks)
        return [note_at(submission, entry.path, line, text, hook=hook) for line, hook, text in found]


def _about_imports(there: Definitions) -> Iterator[tuple[int, str, str]]:
    if there.unbound_mark:
        yield there.unbound_mark, "", "`@hookimpl` is used but not imported: from torchgrade import hookimpl"


def _about_definition(hook: Hook, definition: Definition) -> Iterator[tuple[int, str]]:
    name = hook.name
    if definition.spec_mark:
        yield definition.line, f"your `{name}` is marked `@hookspec`; in a submission it is `@hookimpl`"
    elif not definition.marked:
        yield definition.line, f"your `{name}` has no `@hookimpl` above it, so it is not found"
    if isinstance(definition.node, ast.ClassDef):
        return
    if isinstance(definition.node, ast.AsyncFunctionDef):
        yield definition.line, f"your `{name}` is `async`; write a plain `def`"
    wrong = _about_arguments(hook, definition.node.args)
    if wrong:
        yield definition.line, wrong


def _about_arguments(hook: Hook, arguments: ast.arguments) -> str:
    by_place = [argument.arg for argument in arguments.posonlyargs]
    names = by_place + [argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)]
    lacks = [name for name in hook.arguments if name not in names]
    extra = [name for name in names if name not in hook.arguments]
    if not lacks and not extra:
        if by_place:
            return (
                f"your `{hook.name}` takes {_quoted(by_place)} by position only ('/'); it is called by name"
            )
        return ""
    differences = [f"lacks {_quoted(lacks)}"] if lacks else []
    differences += (
        [f"has {_quoted(extra)} instead" if lacks else f"has {_quoted(extra)} too many"] if extra else []
    )
    return f"your `{hook.name}` {' and '.join(differences)}; the contract has `{hook.signature}`"


def _about_missing(hook: Hook, there: Definitions, hooks: Mapping[str, Hook]) -> tuple[int, str, str]:
    """Return a line (0 if there is none), a sentence, and the name that was guessed to be meant."""
    inside = there.in_classes.get(hook.name)
    if inside is not None:
        owner, line = inside
        return (
            line,
            f"your `{hook.name}` stands inside class `{owner}`; it must be a function of the module",
            "",
        )
    strangers = [name for name in there.functions if name not in hooks]
    near = difflib.get_close_matches(hook.name, strangers, n=1)
    if near:
        text = f"there is no `{hook.name}`; is your `{near[0]}` meant for it?"
        return there.functions[near[0]].line, text, near[0]
    return 0, f"there is no `{hook.name}`; the contract asks for `{hook.signature}`", ""


def _about_unknown(name: str, hooks: Mapping[str, Hook]) -> str:
    near = difflib.get_close_matches(name, hooks, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"your `{name}` is marked `@hookimpl`, but the contract has no such function{hint}"


def _about_repeated(definition: Definition) -> str:
    return f"`{definition.name}` is defined again further down: this one is not used"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
