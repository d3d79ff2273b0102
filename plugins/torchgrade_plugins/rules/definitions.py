"""What a module defines and marks, as its tree shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Definition", "Definitions", "find_definitions"]

MARK = "hookimpl"
SPEC_MARK = "hookspec"

Defining = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A function or class of a module.

    Attributes:
        line: of the name, below the decorators.
        marked: whether ``@hookimpl``, under any name it was imported by, stands above it.
        spec_mark: whether ``@hookspec`` does.
    """

    name: str
    node: Defining
    line: int
    marked: bool
    spec_mark: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """All that a module binds.

    Attributes:
        functions: functions and classes by name, the last of each name.
        repeated: those that a later one of the same name replaces.
        other_names: names bound by imports and assignments.
        in_classes: hooks marked inside a class: its name and the line, by name of the hook.
        unbound_mark: line where ``@hookimpl`` is used though nothing binds it; 0 if none.
    """

    functions: Mapping[str, Definition]
    repeated: tuple[Definition, ...]
    other_names: frozenset[str]
    in_classes: Mapping[str, tuple[str, int]]
    has_star_import: bool
    unbound_mark: int


def find_definitions(tree: ast.Module) -> Definitions:
    """Read what a module defines at its top, ``try`` and ``if`` included."""
    statements = list(_top_statements(tree))
    names = frozenset(name for statement in statements for name in _bound(statement))
    marks = {MARK} | _renamed(statements, MARK)
    functions: dict[str, Definition] = {}
    repeated: list[Definition] = []
    in_classes: dict[str, tuple[str, int]] = {}
    for statement in statements:
        if not isinstance(statement, Defining):
            continue
        definition = _definition(statement, marks)
        if definition.name in functions:
            repeated.append(functions[definition.name])
        functions[definition.name] = definition
        if isinstance(statement, ast.ClassDef):
            for child in statement.body:
                if (
                    isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
                    and _definition(child, marks).marked
                ):
                    in_classes[child.name] = (statement.name, child.lineno)
    star = any(
        isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names)
        for statement in statements
    )
    lines = [
        definition.line
        for definition in functions.values()
        if any(isinstance(part, ast.Name) and part.id == MARK for part in _decorators(definition.node))
    ]
    return Definitions(
        functions=functions,
        repeated=tuple(repeated),
        other_names=names,
        in_classes=in_classes,
        has_star_import=star,
        unbound_mark=0 if star or MARK in names or MARK in functions or not lines else min(lines),
    )


def _top_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that bind names of the module, in their order."""
    pending = list(reversed(tree.body))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, Defining):
            inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
            handlers = [
                child
                for handler in ast.iter_child_nodes(node)
                if isinstance(handler, ast.ExceptHandler | ast.match_case)
                for child in handler.body
            ]
            pending += reversed(inner + handlers)


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _renamed(statements: list[ast.stmt], name: str) -> set[str]:
    return {
        alias.asname
        for statement in statements
        if isinstance(statement, ast.ImportFrom) and statement.module == "torchgrade"
        for alias in statement.names
        if alias.name == name and alias.asname
    }


def _definition(node: Defining, marks: set[str]) -> Definition:
    names = {part.id if isinstance(part, ast.Name) else part.attr for part in _decorators(node)}
    return Definition(
        name=node.name,
        node=node,
        line=node.lineno,
        marked=bool(names & marks),
        spec_mark=SPEC_MARK in names,
    )


def _decorators(node: Defining) -> Iterator[ast.Name | ast.Attribute]:
    for decorator in node.decorator_list:
        plain = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(plain, ast.Name | ast.Attribute):
            yield plain
