"""Imports that an assignment rules out, and those that the worker cannot satisfy."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence

from torchgrade.content import Assignment
from torchgrade.results import Note
from torchgrade.submission import Submission
from torchgrade.worker.off_limits_names import matches
from torchgrade.worker.refusal import refusal
from torchgrade_plugins.rules.sources import SourceReader, note_at

__all__ = ["OffLimitsRule"]

# What every worker has beside the standard library and the assignment's packages.
ALWAYS_THERE = frozenset({"torchgrade", "pluggy"})
IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class OffLimitsRule:
    """Names each ruled-out or missing module once a file, where it is used first."""

    def __init__(self, reader: SourceReader) -> None:
        self._reader = reader

    def notes(self, submission: Submission, assignment: Assignment) -> Sequence[Note]:
        """Return a note for each off-limits name, and each package that is not there."""
        own = {part for file in submission.files for part in _module_names(file.path)}
        there = sys.stdlib_module_names | ALWAYS_THERE | own | set(assignment.manifest.packages)
        found = []
        for file in self._reader.read(submission):
            if file.tree is None:
                continue
            first: dict[str, tuple[int, str]] = {}
            nodes = list(ast.walk(file.tree))
            guarded = _guarded_imports(nodes)
            for node, dotted in _uses(nodes):
                key, text = _judge(dotted, assignment, there, is_import=isinstance(node, ast.stmt | ast.Call))
                if text and not (id(node) in guarded and key.startswith("missing ")):
                    first[key] = min(first.get(key, (node.lineno, text)), (node.lineno, text))
            found += [note_at(submission, file.path, line, text) for line, text in sorted(first.values())]
        return found


def _judge(dotted: str, assignment: Assignment, there: frozenset[str], *, is_import: bool) -> tuple[str, str]:
    for pattern in assignment.manifest.off_limits:
        name = matches(pattern, dotted)
        if name:
            return name, refusal(name)
    package = dotted.partition(".")[0]
    if not is_import or package in there:
        return "", ""
    packages = " and ".join(assignment.manifest.packages)
    has = f"Python's standard library and {packages}" if packages else "Python's standard library alone"
    return (
        f"missing {package}",
        f"imports `{package}`, which is not there where your code runs: there is {has}",
    )


def _uses(nodes: Sequence[ast.AST]) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    """Yield the modules and names of modules that a file uses, in full (``nn.LSTM`` as ``torch.nn.LSTM``)."""
    bound = {name: dotted for node in nodes for name, dotted in _imported(node)}
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call):
            named = _named_at_run_time(node)
            if named:
                yield node, named
        elif isinstance(node, ast.Attribute):
            dotted = _dotted(node, bound)
            if dotted:
                yield node, dotted


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (top, top)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _named_at_run_time(call: ast.Call) -> str:
    """Return the module that ``import_module("x")`` or ``__import__("x")`` names, or ``""``."""
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name in {"import_module", "__import__"} and call.args and isinstance(call.args[0], ast.Constant):
        value = call.args[0].value
        return value if isinstance(value, str) and value.replace(".", "").isidentifier() else ""
    return ""


def _dotted(node: ast.Attribute, bound: Mapping[str, str]) -> str:
    parts = []
    value: ast.expr = node
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    if not isinstance(value, ast.Name) or value.id not in bound:
        return ""
    return ".".join([bound[value.id], *reversed(parts)])


def _guarded_imports(nodes: Sequence[ast.AST]) -> set[int]:
    """Return the ids of import statements that may fail: in ``try`` with a handler, or for type checkers."""
    guarded: set[int] = set()
    for node in nodes:
        if (isinstance(node, ast.Try) and any(map(_forgives, node.handlers))) or (
            isinstance(node, ast.If) and _is_typing_only(node.test)
        ):
            body = node.body
        else:
            continue
        guarded |= {id(child) for statement in body for child in ast.walk(statement)}
    return guarded


def _is_typing_only(test: ast.expr) -> bool:
    return (test.id if isinstance(test, ast.Name) else getattr(test, "attr", "")) == "TYPE_CHECKING"


def _forgives(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in IMPORT_ERRORS for node in ast.walk(handler.type))


def _module_names(path: str) -> Iterator[str]:
    """Yield the names by which a file of the submission can be imported."""
    first = path.partition("/")[0]
    yield first.removesuffix(".py")
    yield path.rpartition("/")[2].removesuffix(".py")
