"""Options that several commands have, and how they print."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import click

from torchgrade.commands.inert import inert, inert_json

__all__ = [
    "FOLDER",
    "PATH",
    "content_option",
    "counted",
    "echo_json",
    "echo_table",
    "json_option",
    "points_text",
]

PATH = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)

F = TypeVar("F", bound=Callable[..., Any])


def content_option(function: F) -> F:
    """Add ``--content DIR``: where ``assignments/`` lies."""
    return click.option(
        "--content",
        type=FOLDER,
        metavar="DIR",
        help="Folder that holds assignments/ (and reference/); else TORCHGRADE_CONTENT, else the"
        " nearest parent folder with an assignments/ in it.",
    )(function)


def json_option(function: F) -> F:
    """Add ``--json``: the result as JSON on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(function)


def echo_json(value: Any) -> None:
    """Print plain data, paths and points included, as one JSON document."""
    import msgspec

    click.echo(inert_json(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)))


def echo_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Print a table on stdout: drawn on a terminal, else plain columns.

    Args:
        header: names of the columns.
        rows: as many cells each, of one line.
        right: numbers of the columns that are set to the right.
    """
    if sys.stdout.isatty():
        _draw_table(header, rows, right)
        return
    lines = [header, *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(header))]
    for row in lines:
        cells = (
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        click.echo(inert("  ".join(cells).rstrip()))


def counted(number: int, noun: str) -> str:
    """Return ``1 test`` or ``3 tests``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def points_text(points: Fraction) -> str:
    """Return points as a decimal of at most two places: ``12.5``, ``8.33``, ``100``."""
    return f"{float(points):.2f}".rstrip("0").rstrip(".")


def _draw_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(header):
        table.add_column(Text(name), justify="right" if index in right else "left")
    for row in rows:
        table.add_row(*(Text(inert(cell)) for cell in row))
    Console().print(table)
