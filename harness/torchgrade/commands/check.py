"""``torchgrade check``: the public tests on a student's own work."""

from __future__ import annotations

import secrets
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from torchgrade.commands.inert import inert, inert_json
from torchgrade.commands.options import PATH, content_option, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from torchgrade.grading.jobs import Job
    from torchgrade.grading.session import Session
    from torchgrade.results import Result, TestOutcome

__all__ = ["command"]

SEED_BYTES = 4
NARROWEST = 40
FIRST_MILLISECONDS = 100
_MARKS = {
    "passed": ("ok", "green"),
    "not implemented": ("todo", "yellow"),
    "not run": ("-", "yellow"),
    "over budget": ("over", "yellow"),
    "not measured": ("-", "yellow"),
    "internal error": ("broken", "red"),
}


@click.command(name="check")
@click.argument("path", metavar="[PATH]", type=PATH, default=Path())
@click.option("--assignment", metavar="ID", help="Which assignment; else the one whose functions PATH has.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes.")
@click.option("--seed", metavar="HEX", help="Draw the inputs of an earlier check again.")
@click.option(
    "--budgets/--no-budgets",
    default=True,
    help="Estimate time and memory, too, once your tests pass.  [default: budgets]",
)
@click.option("--sandbox", default="best", show_default=True, metavar="LEVEL", help="Level to run at.")
@content_option
@json_option
def command(
    path: Path,
    *,
    assignment: str | None,
    watch: bool,
    seed: str | None,
    budgets: bool,
    sandbox: str,
    content: Path | None,
    as_json: bool,
) -> int:
    """Run the public tests on PATH (a folder, module or notebook; else this folder).

    Your points are decided by other, hidden tests of the same functions. Time and memory are estimated
    by comparing your functions with a public yardstick; grading compares them with the reference.

    Exit status: 0 all public tests passed, 1 some did not, 2 wrong usage, 3 an internal error.
    """
    from torchgrade.batch.discovery import printable
    from torchgrade.checking import guess_assignment
    from torchgrade.content import find_content_root, load_assignment
    from torchgrade.errors import UsageError
    from torchgrade.grading.jobs import GradingSetup, Job
    from torchgrade.grading.session import with_session
    from torchgrade.plugin import load_plugins

    root = find_content_root(content)
    plugins = load_plugins()
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    chosen = load_assignment(root, assignment) if assignment else guess_assignment(root, path, plugins)
    setup = GradingSetup(
        content_root=str(root),
        assignment=chosen.id,
        seed=seed if seed is not None else secrets.token_hex(SEED_BYTES),
        tests="public",
        sandbox=sandbox,
        budgets=budgets,
    )
    job = Job(submission_id=printable(path.resolve().stem), path=str(path.resolve()))
    statuses: list[int] = []

    def body(session: Session) -> None:
        def once() -> None:
            statuses.append(_check(session, job, setup.seed, as_json=as_json))

        if watch:
            _watch(path, once)
        else:
            once()

    with_session(setup, plugins, body, None if as_json else _tell)
    return statuses[-1]


def _tell(text: str) -> None:
    """Show what the submission says of its progress, while it goes."""
    click.echo(inert(f"  … {text}"), err=True)


def _check(session: Session, job: Job, seed: str, *, as_json: bool) -> int:
    import msgspec

    from torchgrade.results import Audience, encode_result, for_audience

    result = for_audience(session.grader.grade(job), Audience.STUDENT)
    # a batch's seed is the instructor's secret, this one is the student's own
    result = msgspec.structs.replace(result, provenance=msgspec.structs.replace(result.provenance, seed=seed))
    if as_json:
        click.echo(inert_json(encode_result(result)))
    else:
        _echo_result(result, seed)
    if result.needs_regrade:
        return 3
    return 0 if not result.failure and all(map(_is_fine, result.tests)) else 1


def _is_fine(test: TestOutcome) -> bool:
    """Tell whether nothing is wrong; what is only estimated fails nobody."""
    return test.outcome.value == "passed" or test.is_budget


def _watch(path: Path, check: Callable[[], None]) -> None:
    """Check now and after every change, until Ctrl-C.

    Raises:
        KeyboardInterrupt: if that comes before the first check is done.
    """
    from watchfiles import DefaultFilter, watch

    # Editors save by putting a new file in place of the old one: so the folder is watched.
    target = path.resolve()
    ignored = DefaultFilter()
    folder = target if target.is_dir() else target.parent
    checked = False
    try:
        # Changes are noted from here on, also those made during a check. The first turn needs none.
        for changes in watch(
            folder,
            watch_filter=lambda change, name: (
                ignored(change, name) and (folder == target or Path(name) == target)
            ),
            raise_interrupt=True,
            recursive=folder == target,
            rust_timeout=FIRST_MILLISECONDS,
            yield_on_timeout=True,
        ):
            if changes and checked:
                click.echo("")
            if changes or not checked:
                check()
                checked = True
                click.echo("watching for changes; Ctrl-C ends", err=True)
    except KeyboardInterrupt:
        if not checked:
            raise


def _echo_result(result: Result, seed: str) -> None:
    click.secho(inert(f"{result.assignment.title}: {result.submission_id}"), bold=True)
    for note in result.notes:
        click.echo(_indented(f"note: {note.text}{_place(note.file, note.line)}", ""))
    if result.failure:
        click.secho(_indented(result.failure, ""), fg="red")
    else:
        column = max((len(_mark(test)[0]) for test in result.tests), default=0)
        for test in result.tests:
            if not test.is_budget:
                _echo_test(test, column)
        budgets = [test for test in result.tests if test.is_budget]
        if any(test.outcome.value != "not measured" for test in budgets):
            click.echo("time and memory, estimated with a yardstick:")
            for test in budgets:
                _echo_test(test, column)
    if result.stdout.text or result.stderr.text:
        cut = " (cut, it is too long)" if result.stdout.truncated or result.stderr.truncated else ""
        click.echo(f"your code printed{cut}:")
        click.echo(_indented((result.stdout.text + result.stderr.text).rstrip(), "  | "))
    tests = [test for test in result.tests if not test.is_budget]
    passed = sum(test.outcome.value == "passed" for test in tests)
    click.secho(f"{passed} of {len(tests)} public tests passed", bold=True)
    if passed < len(tests) and not result.failure:
        click.echo(f"the same inputs again: --seed {seed}", err=True)
    elif not result.failure:
        click.echo("points come from hidden tests, which check all that contract.py says", err=True)


def _mark(test: TestOutcome) -> tuple[str, str]:
    return _MARKS.get(test.outcome.value, (test.outcome.value, "red"))


def _echo_test(test: TestOutcome, column: int) -> None:
    mark, colour = _mark(test)
    click.echo(f"  {click.style(mark.ljust(column), fg=colour)}  {inert(test.title)}")
    if test.student_message:
        click.echo(_indented(test.student_message, " " * (column + 4)))


def _place(file: str, line: int) -> str:
    return f" ({file}, line {line})" if file and line else ""


def _indented(text: str, by: str) -> str:
    """Return the lines of a text indented and inert; on a terminal they are broken between words."""
    lines = inert(text).splitlines()
    if sys.stdout is not None and sys.stdout.isatty():
        width = max(shutil.get_terminal_size().columns - len(by), NARROWEST)
        lines = [part for line in lines for part in _broken(line, width)]
    return inert("\n".join(by + line for line in lines))  # once more: breaking makes new beginnings


def _broken(line: str, width: int) -> list[str]:
    margin = line[: len(line) - len(line.lstrip())] + "  "
    return textwrap.wrap(
        line, width, subsequent_indent=margin, replace_whitespace=False, drop_whitespace=True
    ) or [line]
