"""Notebook commands in a cell (``%matplotlib inline``, ``!pip install``, ``help?``): taken out.

They are no Python. A line that merely looks like one, such as ``% b`` in a wrapped expression, is left
alone: a line is taken out only where Python stumbles over it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from torchgrade_plugins.source import LARGEST_SOURCE, ParsedSource, SourceError, parse_source

__all__ = ["Effort", "PlainCell", "without_magics"]

MOST_IN_A_CELL = 100

# The last kind are shell commands, which Jupyter takes without a mark.
_COMMAND = re.compile(
    r"[%!?]|[\w.]+\?{1,2}\s*$|[\w.,\s]+=\s*[%!]|(?:pip|conda|mamba|uv|git|cd|ls|cat|cp|mv|rm|mkdir)\s+[^\s=(]"
)
LONGEST_COMMAND = 1_000
# What these run is Python, so their cell is read; any other cell command makes its cell a foreign text.
_PYTHON_CELLS = re.compile(r"%%(?:time|timeit|capture|prun|python3?)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCell:
    """A cell as Python: its lines and tree, and the numbers of the lines that were commands."""

    lines: tuple[str, ...]
    tree: ast.Module
    dropped: tuple[int, ...]


class Effort:
    """What the cells of one notebook may cost: a cell is parsed once more for each command in it."""

    def __init__(self) -> None:
        self._characters = 8 * LARGEST_SOURCE

    def spend(self, characters: int) -> bool:
        """Tell whether so much may be parsed once more."""
        self._characters -= characters
        return self._characters >= 0


def without_magics(cell: str, number: int, effort: Effort) -> PlainCell:
    """Return a cell without its notebook commands; each leaves a ``pass`` in its place.

    Args:
        cell: its text.
        number: its place among the notebook's cells, from 1.
        effort: what is left for all cells of the notebook; beyond it commands are taken for bad Python.

    Raises:
        SourceError: if what is left is no Python; the reason names cell and line.
    """
    lines = cell.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    dropped: list[int] = []
    start = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines[start].startswith("%%"):
        if not _PYTHON_CELLS.match(lines[start]):
            return PlainCell(lines=(), tree=ast.Module(body=[], type_ignores=[]), dropped=(start + 1,))
        _blank(lines, start, dropped)
    parsed = _parse(lines, dropped, number, effort)
    return PlainCell(lines=tuple(lines), tree=parsed.tree, dropped=tuple(dropped))


def _parse(lines: list[str], dropped: list[int], number: int, effort: Effort) -> ParsedSource:
    while True:
        text = "\n".join(lines)
        try:
            return parse_source(text, top_level_await=True)
        except SourceError as error:
            index = error.line - 1
            if (
                0 <= index < len(lines)
                and len(dropped) < MOST_IN_A_CELL
                and index + 1 not in dropped
                and _COMMAND.match(lines[index].lstrip()[:LONGEST_COMMAND])
                and effort.spend(len(text))
            ):
                _blank(lines, index, dropped)
                continue
            place = f"cell {number}, line {error.line}" if error.line else f"cell {number}"
            raise SourceError(f"{place}: {error.reason}", line=error.line, excerpt=error.excerpt) from error


def _blank(lines: list[str], index: int, dropped: list[int]) -> None:
    line = lines[index]
    lines[index] = line[: len(line) - len(line.lstrip())] + "pass"
    dropped.append(index + 1)
