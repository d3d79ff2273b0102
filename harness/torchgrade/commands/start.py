"""``torchgrade start``: what a student begins with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torchgrade.commands.options import FOLDER, content_option, echo_json, json_option

if TYPE_CHECKING:
    from torchgrade.content import Assignment

__all__ = ["command"]


@click.command(name="start")
@click.argument("assignment_id", metavar="ID")
@click.option("--to", "folder", type=FOLDER, metavar="DIR", help="Folder to fill; else ./ID.")
@content_option
@json_option
def command(assignment_id: str, folder: Path | None, content: Path | None, *, as_json: bool) -> int:
    """Copy an assignment's starter, handout and public tests; nothing is ever overwritten."""
    from torchgrade.content import find_content_root, load_assignment
    from torchgrade.errors import UsageError

    assignment = load_assignment(find_content_root(content), assignment_id)
    target = folder or Path(assignment_id)
    copies = [(source, target / relative) for source, relative in _parts(assignment)]
    if taken := [copy for _, copy in copies if copy.exists() or copy.is_symlink()]:
        listed = ", ".join(str(copy) for copy in taken[:5])
        raise UsageError(f"there is already {listed}; nothing was copied: choose another --to")
    try:
        for source, copy in copies:
            copy.parent.mkdir(parents=True, exist_ok=True)
            with copy.open("xb") as file:
                file.write(source.read_bytes())
    except OSError as error:
        raise UsageError(f"{error.filename or target} cannot be written ({error.strerror})") from error
    if as_json:
        echo_json({"assignment": assignment.id, "folder": target, "files": [copy for _, copy in copies]})
        return 0
    for _, copy in copies:
        click.echo(str(copy))
    click.echo(
        f"read {target / 'handout.md'}, then 'torchgrade check {target}' tells how far you are", err=True
    )
    return 0


def _parts(assignment: Assignment) -> Iterator[tuple[Path, Path]]:
    """Yield each file to copy, and where it goes: starter and handout side by side, tests in public/."""
    from torchgrade.errors import ContentError

    for needed in (assignment.starter, assignment.handout, assignment.public_tests):
        if not needed.exists():
            raise ContentError(
                f"{needed} is missing: an assignment has a starter, a handout and public tests"
            )
    yield from _files(assignment.starter, Path())
    yield assignment.handout, Path(assignment.handout.name)
    yield from _files(assignment.public_tests, Path(assignment.public_tests.name))


def _files(folder: Path, prefix: Path) -> Iterator[tuple[Path, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path, prefix / path.relative_to(folder)
