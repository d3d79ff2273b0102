"""``torchgrade report``: write the pages of a batch again."""

from __future__ import annotations

from pathlib import Path

import click

from torchgrade.commands.options import FOLDER, counted, echo_json, json_option

__all__ = ["command"]


@click.command(name="report")
@click.argument("out", metavar="OUT", type=FOLDER)
@json_option
def command(out: Path, *, as_json: bool) -> int:
    """Write pages and gradebook from the results that OUT holds; a batch may still be running."""
    from torchgrade.plugin import load_plugins
    from torchgrade.reporting import write_reports
    from torchgrade.store import read_store

    with read_store(out) as store:
        batch = store.batch()
        results = store.results()
    written = write_reports(results, out, load_plugins().reporters)
    if as_json:
        echo_json({"assignment": batch.assignment, "results": len(results), "pages": written})
        return 0
    click.echo(f"{counted(len(results), 'result')} of '{batch.assignment}'")
    if written:
        click.echo(f"pages: {written[0]}")
    return 0
