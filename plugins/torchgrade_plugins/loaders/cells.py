"""A module made of a notebook's cells: imports, definitions and constants, without the experiments.

Running a whole notebook would train, plot and download; so only what defines something is kept. Of the
other assignments those are kept that a definition needs while it is being defined (a base class, a
decorator, a default), and an import that nothing kept uses is left out, so that a plotting library which
only the experiments use need not be there.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from torchgrade_plugins.loaders import magics
from torchgrade_plugins.source import LARGEST_SOURCE, SourceError, printable

__all__ = ["GeneratedModule", "module_from_cells"]

PLACES_IN_A_NOTE = 8
NOTES_ON_NAMES = 8
NAME_CHARACTERS = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef
Import = ast.Import | ast.ImportFrom
BUILTINS = frozenset(dir(builtins)) | {"__name__"}
CONSTRUCTORS = frozenset(
    {"bool", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "range", "set"}
    | {"slice", "str", "tuple"}
)
# A constant is an expression of these alone; a lambda is a definition, so its body may hold anything.
CONSTANT = (
    *(
        ast.Constant,
        ast.Name,
        ast.Attribute,
        ast.Subscript,
        ast.Slice,
        ast.Tuple,
        ast.List,
        ast.Dict,
        ast.Set,
    ),
    *(ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue),
    *(ast.Starred, ast.Lambda, ast.Call, ast.keyword, ast.expr_context, ast.arguments, ast.arg),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedModule:
    """A module's text, the place in the notebook of each of its lines, and what was left out."""

    text: str
    lines: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Statement:
    node: ast.stmt
    cell: int
    source: list[str]
    first_line: int
    keep: bool = False

    @property
    def place(self) -> str:
        return f"cell {self.cell}, line {self.first_line}"


def module_from_cells(cells: Sequence[str]) -> GeneratedModule:
    """Make a module of code cells.

    Args:
        cells: the text of each code cell that is not blank; a place counts them from 1, as the numbers
            beside the cells do after "restart and run all".

    Raises:
        SourceError: if a cell is no Python; its reason names the cell and line.
    """
    if sum(map(len, cells)) > LARGEST_SOURCE:
        raise SourceError(f"its code has more than {LARGEST_SOURCE // 1024} KiB; is there data in it?")
    statements: list[_Statement] = []
    commands: list[str] = []
    effort = magics.Effort()
    for number, cell in enumerate(cells, 1):
        plain = magics.without_magics(cell, number, effort)
        commands.extend(f"cell {number}, line {line}" for line in plain.dropped)
        statements.extend(_statements(plain.tree, plain.lines, number))
    _mark(statements)
    kept = [statement for statement in statements if statement.keep]
    # Python wants them before all else, whatever the cell.
    kept.sort(key=lambda statement: not _is_future(statement.node))
    text: list[str] = []
    lines: list[str] = []
    for statement in kept:
        text.extend(statement.source)
        first = statement.first_line
        lines.extend(f"cell {statement.cell}, line {first + i}" for i in range(len(statement.source)))
    return GeneratedModule(
        text="".join(f"{line}\n" for line in text),
        lines=tuple(lines),
        notes=tuple(_notes(statements, commands)),
    )


def _statements(tree: ast.Module, lines: Sequence[str], cell: int) -> Iterator[_Statement]:
    for node in tree.body:
        if isinstance(node, ast.Pass) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            continue
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        last = node.end_lineno or node.lineno
        source = list(lines[first - 1 : last])
        # Columns are bytes. A statement may share its lines with others, apart by semicolons.
        source[-1] = source[-1].encode()[: node.end_col_offset].decode()
        if not decorators:
            source[0] = source[0].encode()[node.col_offset :].decode()
        yield _Statement(node=node, cell=cell, source=source, first_line=first)


def _mark(statements: Sequence[_Statement]) -> None:
    """Decide which statements stay."""
    defined = {
        name for statement in statements if _defines(statement.node) for name in _bound(statement.node)
    }
    needed: set[str] = set()
    for statement in reversed(statements):
        node = statement.node
        is_needed = isinstance(node, ast.Assign | ast.AnnAssign) and needed & _bound(node)
        if is_needed or _defines(node):
            statement.keep = True
            needed |= _loaded_when_run(node) - defined
    known = set(BUILTINS)
    anything = any(_is_star(statement.node) for statement in statements)
    for statement in statements:
        node = statement.node
        if not statement.keep and _is_constant_assignment(node):
            statement.keep = anything or _loaded_when_run(node) <= known
        if statement.keep:
            known |= _bound(node)
    _drop_unused_imports(statements)


def _drop_unused_imports(statements: Sequence[_Statement]) -> None:
    used: set[str] = set()
    for statement in statements:
        if statement.keep and not isinstance(statement.node, Import):
            used |= {node.id for node in ast.walk(statement.node) if isinstance(node, ast.Name)}
    for statement in statements:
        node = statement.node
        if isinstance(node, Import) and not _is_future(node) and not _is_star(node):
            statement.keep = bool(used & _bound(node))


def _defines(node: ast.stmt) -> bool:
    """Tell whether a statement only imports or defines, perhaps within ``try`` or ``if``."""
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, ast.Try):
            pending += [*one.body, *one.orelse, *one.finalbody]  # handlers run only where an import fails
        elif isinstance(one, ast.If) and _is_constant(one.test) and "__name__" not in _names(one.test):
            pending += [*one.body, *one.orelse]
        elif not isinstance(one, Import | Function | ast.ClassDef | ast.Pass) and not (
            one is not node and _is_constant_assignment(one)
        ):
            return False
    return True


def _is_constant_assignment(node: ast.stmt) -> bool:
    if isinstance(node, ast.AnnAssign):
        targets: list[ast.expr] = [node.target]
    elif isinstance(node, ast.Assign):
        targets = node.targets
    else:
        return False
    plain = (ast.Name, ast.Tuple, ast.List, ast.Starred, ast.expr_context)
    if not all(isinstance(part, plain) for target in targets for part in ast.walk(target)):
        return False
    return node.value is None or _is_constant(node.value)


def _is_constant(expression: ast.expr) -> bool:
    for node in _outside_functions(expression):
        if not isinstance(node, CONSTANT):
            return False
        if isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name) and node.func.id in CONSTRUCTORS
        ):
            return False
    return True


def _outside_functions(root: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs while ``root`` runs: all but the bodies of functions, without recursion."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, Function):
            pending += [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
        elif isinstance(node, ast.Lambda):
            pending.append(node.args)
        else:
            pending += ast.iter_child_nodes(node)


def _loaded_when_run(node: ast.stmt) -> set[str]:
    return {
        part.id
        for part in _outside_functions(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }


def _bound(statement: ast.stmt) -> set[str]:
    names: set[str] = set()
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, Function | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, Import):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name):
            names |= {node.id} if isinstance(node.ctx, ast.Store) else set()
        else:
            pending += ast.iter_child_nodes(node)
    return names


def _names(expression: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)


def _notes(statements: Sequence[_Statement], commands: Sequence[str]) -> Iterator[str]:
    dropped = [statement for statement in statements if not statement.keep]
    imports = [statement for statement in dropped if isinstance(statement.node, Import)]
    others = [statement.place for statement in dropped if not isinstance(statement.node, Import)]
    if commands:
        yield f"left out {_counted(len(commands), 'notebook command')}: {_listed(commands)}"
    if others:
        yield (
            f"left out {_counted(len(others), 'statement')} that neither import nor define anything,"
            f" such as calls and prints: {_listed(others)}"
        )
    if imports:
        yield (
            f"left out {_counted(len(imports), 'import')} that nothing kept uses:"
            f" {_listed([statement.place for statement in imports])}"
        )
    missed = _missed(statements, dropped)
    yield from islice(missed, NOTES_ON_NAMES)
    more = sum(1 for _ in missed)
    if more:
        yield f"{_counted(more, 'more use')} of names whose assignments were left out"


def _missed(statements: Sequence[_Statement], dropped: Sequence[_Statement]) -> Iterator[str]:
    """Say which functions use a name whose assignment was left out."""
    lost = {
        name: statement
        for statement in dropped
        if isinstance(statement.node, ast.Assign | ast.AnnAssign)
        for name in _bound(statement.node)
    }
    for statement in statements:
        if statement.keep and isinstance(statement.node, Function):
            for name in sorted(_global_names(statement.node) & lost.keys()):
                yield (
                    f"`{_short(statement.node.name)}` uses `{_short(name)}`, whose assignment"
                    f" ({lost[name].place}) was left out because it is no constant:"
                    " make it inside the function"
                )


def _global_names(function: Function) -> set[str]:
    """Names that a function reads and nowhere binds."""
    own: set[str] = set()
    read: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, Function | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, Import):
            own |= _bound(node)
        elif isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else own).add(node.id)
    return read - own


def _short(name: str) -> str:
    return printable(name, NAME_CHARACTERS)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _listed(places: Sequence[str]) -> str:
    more = len(places) - PLACES_IN_A_NOTE
    return "; ".join(places[:PLACES_IN_A_NOTE]) + (f"; and {more} more" if more > 0 else "")
