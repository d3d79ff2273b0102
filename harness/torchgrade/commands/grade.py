"""``torchgrade grade``: grade a batch of submissions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from torchgrade.commands.options import FOLDER, PATH, content_option, counted, json_option

if TYPE_CHECKING:
    from torchgrade.batch.session import GradedBatch

__all__ = ["command"]

_LEVELS = click.Choice(["process", "confined", "isolated"])


@click.command(name="grade")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@click.option("--assignment", required=True, metavar="ID", help="Assignment that was handed in.")
@click.option("--out", required=True, type=FOLDER, metavar="DIR", help="Folder for results and pages.")
@click.option("--roster", type=PATH, metavar="FILE", help="Who handed in what; else PATH/roster.csv.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Grading processes side by side; else one a processor.",
)
@click.option("--seed", metavar="HEX", help="Secret seed of an earlier batch, to reproduce it.")
@click.option(
    "--sandbox",
    type=click.Choice(["best", "process", "confined", "isolated"]),
    default="best",
    show_default=True,
    help="Level to run submissions at.",
)
@click.option(
    "--require-sandbox",
    type=_LEVELS,
    default="confined",
    show_default=True,
    help="Grade nothing below this level.",
)
@click.option(
    "--budgets/--no-budgets",
    default=True,
    help="Measure time and memory; otherwise they are out of the total.  [default: budgets]",
)
@click.option(
    "--measuring-seconds",
    type=click.FloatRange(min=0.1),
    default=4.0,
    show_default=True,
    metavar="S",
    help="Measure a budget no longer; what is left open then is to the student's benefit.",
)
@click.option("--executor", default="local", show_default=True, metavar="NAME", help="What runs the batch.")
@click.option("--fresh", is_flag=True, help="Forget what DIR holds, and grade all with a new seed.")
@content_option
@json_option
def command(
    *,
    paths: tuple[Path, ...],
    assignment: str,
    out: Path,
    roster: Path | None,
    workers: int | None,
    seed: str | None,
    sandbox: str,
    require_sandbox: str,
    budgets: bool,
    measuring_seconds: float,
    executor: str,
    content: Path | None,
    fresh: bool,
    as_json: bool,
) -> int:
    """Grade every submission of PATH with the hidden tests.

    PATH is a submission (a folder, module, notebook or archive) or the folder of a class with one of
    these for each student. Each result is stored in DIR at once: a batch that was stopped goes on
    when the same command is run again.

    Exit status: 0 all passed, 1 a submission lost points, 2 wrong usage, 3 an internal error or a
    submission that needs to be graded anew.
    """
    from torchgrade.batch.session import Request, grade_batch
    from torchgrade.batch.signals import Terminated, termination_raises
    from torchgrade.plugin import load_plugins
    from torchgrade.reporting import write_reports

    plugins = load_plugins()
    request = Request(
        paths=paths,
        assignment=assignment,
        out=out,
        content=content,
        roster=roster,
        workers=workers,
        seed=seed,
        sandbox=sandbox,
        require_sandbox=require_sandbox,
        budgets=budgets,
        measuring_seconds=measuring_seconds,
        executor=executor,
        fresh=fresh,
    )
    try:
        with termination_raises():
            graded = grade_batch(request, plugins)
            _tell_of_earlier(graded, out)
            pages = write_reports(graded.stored, out, plugins.reporters)
    except (KeyboardInterrupt, Terminated) as stop:
        click.echo(
            f"stopped: what was graded is stored in {out}; run the same command again to resume", err=True
        )
        return stop.exit_status if isinstance(stop, Terminated) else 130
    return _conclude(graded, pages, out, as_json=as_json)


def _tell_of_earlier(graded: GradedBatch, out: Path) -> None:
    if earlier := len(graded.stored) - len(graded.results):
        click.echo(
            f"{out} also holds {counted(earlier, 'result')} of submissions not named this time: they stay in"
            " the pages",
            err=True,
        )


def _conclude(graded: GradedBatch, pages: list[Path], out: Path, *, as_json: bool) -> int:
    from torchgrade.commands.summary import echo_summary, summarise

    summary = summarise(graded, pages, out)
    echo_summary(summary, as_json=as_json)
    if summary.needs_regrade:
        click.echo(
            f"error: to be graded anew by the grader's fault: {counted(summary.needs_regrade, 'submission')};"
            " run the same command again",
            err=True,
        )
        return 3
    return 0 if summary.passed == summary.submissions else 1
