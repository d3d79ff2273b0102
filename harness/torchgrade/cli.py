"""The command line: which commands there are, and how each way of failing ends.

A command is imported when it is called, so that ``torchgrade --help`` loads next to nothing. Each
command returns its exit status: 0 it did its work and all passed, 1 a student failed something,
2 wrong usage, 3 an internal error. stdout carries the result, stderr everything else.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from torchgrade import __version__

__all__ = ["COMMANDS", "LazyCommand", "main"]

INTERRUPTED = 130
BROKEN_PIPE = 141
INTERNAL = 3
_COMPLETION = "_TORCHGRADE_COMPLETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class LazyCommand:
    """Where a command lies, as ``module:attribute``, and its line in the list of commands."""

    target: str
    summary: str


COMMANDS: Mapping[str, LazyCommand] = {
    "list": LazyCommand(target="torchgrade.commands.list:command", summary="list the assignments"),
    "start": LazyCommand(
        target="torchgrade.commands.start:command",
        summary="copy an assignment's starter, handout and public tests",
    ),
    "check": LazyCommand(
        target="torchgrade.commands.check:command", summary="run the public tests on your work"
    ),
    "grade": LazyCommand(target="torchgrade.commands.grade:command", summary="grade a batch of submissions"),
    "report": LazyCommand(
        target="torchgrade.commands.report:command", summary="write the pages of a batch again"
    ),
    "export": LazyCommand(
        target="torchgrade.commands.export:command", summary="write results in a platform's format"
    ),
    "verify": LazyCommand(
        target="torchgrade.commands.verify:command", summary="grade the content of assignments itself"
    ),
    "plugins": LazyCommand(
        target="torchgrade.commands.plugins:command", summary="list plugins and the hooks each answers"
    ),
    "doctor": LazyCommand(
        target="torchgrade.commands.doctor:command", summary="look at what this machine can do"
    ),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from torchgrade.errors import did_you_mean

            ctx.fail(f"no command '{args[0]}'{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyGroup, name="torchgrade", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="torchgrade")
def _torchgrade() -> None:
    """Grade deep-learning assignments.

    The student's process computes, the grader's process judges.
    """
    from torchgrade.commands.console import configure_logging

    configure_logging()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status.

    Args:
        arguments: without the program's name; those of the process if None.
    """
    if _COMPLETION in os.environ:
        _torchgrade.main(prog_name="torchgrade")
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with _torchgrade.make_context("torchgrade", given) as context:
            status = _torchgrade.invoke(context)
        if sys.stdout is not None:  # closed by whoever called us
            sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # what is still buffered has no reader either: it must not fail once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the last resort, and it hides nothing
        return _explain(error)
    return status if isinstance(status, int) else 0


def _explain(error: Exception) -> int:
    from torchgrade.commands.inert import inert
    from torchgrade.errors import TorchgradeError

    if isinstance(error, TorchgradeError):
        click.echo(inert(f"error: {error}"), err=True)
        return error.exit_status
    import traceback

    click.echo(inert("".join(traceback.format_exception(error))), err=True, nl=False)
    click.echo("error: this is a fault of torchgrade, not of a submission", err=True)
    return INTERNAL


if __name__ == "__main__":
    sys.exit(main())
