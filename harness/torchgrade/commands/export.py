"""``torchgrade export``: write results in a platform's format."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torchgrade.commands.inert import inert
from torchgrade.commands.options import FOLDER, echo_json, json_option

if TYPE_CHECKING:
    from torchgrade.plugin import Exporter
    from torchgrade.results import Audience, Result

__all__ = ["command"]

_STDOUT = Path("-")


@click.command(name="export")
@click.argument("out", metavar="OUT", type=FOLDER)
@click.option("--format", "format_name", required=True, metavar="NAME", help="See 'torchgrade plugins'.")
@click.option("--submission", metavar="ID", help="Only this one.")
@click.option(
    "--audience",
    "audience_name",
    type=click.Choice(["student", "instructor"]),
    default="student",
    show_default=True,
    help="Who will read it: a student sees no hidden value.",
)
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, file_okay=False, allow_dash=True),
    default="-",
    show_default=True,
    metavar="DIR|-",
    help="Folder for a file each, or stdout for one submission.",
)
@json_option
def command(
    out: Path, format_name: str, submission: str | None, audience_name: str, target: Path, *, as_json: bool
) -> int:
    """Write the results that OUT holds in a platform's format, one file a submission."""
    from torchgrade.errors import UsageError
    from torchgrade.plugin import load_plugins
    from torchgrade.results import Audience
    from torchgrade.store import read_store

    exporter = load_plugins().exporters.get(format_name)
    with read_store(out) as store:
        results = _chosen(store.results(), submission)
    audience = Audience(audience_name)
    if target == _STDOUT:
        if len(results) != 1:
            raise UsageError(
                f"{len(results)} results do not go to one place; name one with --submission ID, or a folder"
                " with --to DIR"
            )
        click.echo(_export(exporter, results[0], audience), nl=False)
        return 0
    names = file_names([result.submission_id for result in results], exporter.file_suffix)
    written = {
        result.submission_id: _write(
            target / names[result.submission_id], _export(exporter, result, audience)
        )
        for result in results
    }
    if as_json:
        echo_json({"format": format_name, "audience": audience_name, "files": written})
        return 0
    for path in written.values():
        click.echo(inert(str(path)))
    return 0


def file_names(ids: Sequence[str], suffix: str) -> Mapping[str, str]:
    """Return a file's name for each id: plain where the id is plain, with a hash where two could clash."""
    plain = {name: re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:100] for name in ids}
    folded = [text.lower() for text in plain.values()]
    names = {}
    for name, text in plain.items():
        clashes = not text or text != name or folded.count(text.lower()) > 1
        ending = f"-{hashlib.sha256(name.encode()).hexdigest()[:8]}" if clashes else ""
        names[name] = f"{text}{ending}{suffix}".lstrip("-")
    return names


def _chosen(results: Sequence[Result], submission: str | None) -> Sequence[Result]:
    from torchgrade.errors import UsageError, did_you_mean

    if submission is None:
        return results
    chosen = [result for result in results if result.submission_id == submission]
    if not chosen:
        near = did_you_mean(submission, [result.submission_id for result in results])
        raise UsageError(f"no result of submission '{submission}'{near}")
    return chosen


def _export(exporter: Exporter, result: Result, audience: Audience) -> str:
    from torchgrade.results import for_audience

    return exporter.export(for_audience(result, audience), audience)


def _write(path: Path, text: str) -> Path:
    """Write a file whole or not at all."""
    from torchgrade.errors import UsageError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".export-")
        try:
            with open(handle, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - an open descriptor
                file.write(text)
            os.replace(temporary, path)  # noqa: PTH105 - a name, not a path object
        except BaseException:
            os.unlink(temporary)  # noqa: PTH108 - as above
            raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from error
    return path
