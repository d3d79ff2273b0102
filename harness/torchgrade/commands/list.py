"""``torchgrade list``: which assignments there are."""

from __future__ import annotations

from pathlib import Path

import click

from torchgrade.commands.options import content_option, echo_json, echo_table, json_option

__all__ = ["command"]


@click.command(name="list")
@content_option
@json_option
def command(content: Path | None, *, as_json: bool) -> int:
    """List the assignments of a content folder.

    Exit status: 0, or 3 if an assignment is broken.
    """
    from torchgrade.content import assignment_ids, find_content_root, load_assignment
    from torchgrade.errors import ContentError

    root = find_content_root(content)
    found = []
    broken = []
    for assignment_id in assignment_ids(root):
        try:
            found.append(load_assignment(root, assignment_id))
        except ContentError as error:
            broken.append(str(error))
    if as_json:
        echo_json(
            [
                {
                    "id": assignment.id,
                    "title": assignment.manifest.title,
                    "summary": assignment.manifest.summary,
                    "hooks": [hook.signature for hook in assignment.contract.hooks.values()],
                }
                for assignment in found
            ]
        )
    else:
        rows = [
            (assignment.id, assignment.manifest.title, assignment.manifest.summary) for assignment in found
        ]
        echo_table(("assignment", "title", "summary"), rows)
    for message in broken:
        click.echo(f"error: {message}", err=True)
    return ContentError.exit_status if broken else 0
