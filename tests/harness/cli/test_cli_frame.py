"""The frame of the command line: what is loaded, and how each way of failing ends."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from pathlib import Path

import click
import pytest

from torchgrade import __version__, cli, commands
from torchgrade.commands import grade
from torchgrade.errors import ContentError, InternalError, SubmissionError, UsageError
from torchgrade.sandbox import Level

LEVELS = {"sandbox": ("best", *Level), "require_sandbox": tuple(Level)}


def torchgrade(*arguments, **options):
    command = [sys.executable, "-m", "torchgrade", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture
def command(monkeypatch):
    """Put a command in place of ``list`` that does what the test says; return how ``main`` ends."""

    def run(action, *arguments):
        @click.command
        def replaced():
            return action()

        monkeypatch.setattr("torchgrade.commands.list.command", replaced)
        return cli.main(["list", *arguments])

    return run


def raising(error):
    def action():
        raise error

    return action


def test_help_lists_every_command_and_loads_none():
    done = torchgrade("--help")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.partition("Commands:\n")[2].splitlines()] == [
        *cli.COMMANDS
    ]
    script = """
    import sys
    from torchgrade.cli import main
    assert main(["--help"]) == 0
    heavy = {"torch", "numpy", "sqlalchemy", "pytest", "rich", "msgspec", "nbformat", "jinja2"}
    sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["grade", "export", "report", "list", "start", "plugins"])
def test_help_of_a_command_loads_no_library_that_computes_or_stores(name):
    script = f"""
    import sys
    from torchgrade.cli import main
    assert main([{name!r}, "--help"]) == 0
    sys.exit(str(sorted({{"torch", "numpy", "sqlalchemy", "pytest"}} & set(sys.modules))))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert done.stderr == "[]\n"


def test_every_file_of_commands_is_a_command_and_named():
    shared = {"__init__", "console", "inert", "options", "summary"}
    files = {path.stem for path in Path(commands.__file__).parent.glob("*.py")} - shared
    modules = {lazy.target.partition(":")[0].rpartition(".")[2] for lazy in cli.COMMANDS.values()}
    assert files <= modules


def test_grade_knows_every_sandbox_level():
    options = {option.name: option.to_info_dict()["type"] for option in grade.command.params}
    assert {name: options[name]["choices"] for name in LEVELS} == LEVELS


def test_the_version_is_printed():
    assert torchgrade("--version").stdout == f"torchgrade, version {__version__}\n"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["grad"], "no command 'grad', did you mean 'grade'?"),
        (["frobnicate"], "no command 'frobnicate'"),
        (["--frobnicate"], "--frobnicate"),
        (["grade"], "Missing argument 'PATH...'"),
        (["grade", "x", "--out", "y"], "Missing option '--assignment'"),
        (["grade", "x", "--assignment", "a", "--out", "o", "--workers", "0"], "--workers"),
        (["list", "--content", "/nowhere"], "error: /nowhere holds no folder 'assignments'"),
        ([], "Usage: torchgrade"),
    ],
)
def test_wrong_usage_is_explained_on_stderr_and_ends_with_2(arguments, message):
    done = torchgrade(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "error, status",
    [
        (UsageError("what, where, what to do"), 2),
        (ContentError("what, where, what to do"), 3),
        (InternalError("what, where, what to do"), 3),
        (SubmissionError("what, where, what to do"), 1),
    ],
)
def test_an_explained_error_has_no_traceback_and_its_own_status(command, capsys, error, status):
    assert command(raising(error)) == status
    assert capsys.readouterr() == ("", "error: what, where, what to do\n")


def test_any_other_error_keeps_its_traceback_and_says_whose_fault_it_is(command, capsys):
    assert command(raising(ZeroDivisionError("division by zero"))) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" in err
    assert "ZeroDivisionError" in err
    assert err.endswith("error: this is a fault of torchgrade, not of a submission\n")


@pytest.mark.parametrize(
    "status, expected", [(None, 0), (0, 0), (1, 1), (3, 3)], ids=["nothing", "zero", "one", "three"]
)
def test_a_command_returns_its_exit_status(command, status, expected):
    assert command(lambda: status) == expected


def test_an_interrupt_ends_with_130(command, capsys):
    assert command(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_reader_that_goes_away_is_no_error():
    script = """
    import sys, click
    from torchgrade import cli
    from torchgrade.commands import list
    list.command = click.command(lambda: [click.echo("line") for _ in range(100_000)] and 0)
    sys.exit(cli.main(["list"]))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.readline() == b"line\n"
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 141


def test_warnings_of_the_engine_are_lines_on_stderr(command, capsys):
    assert command(lambda: logging.getLogger("torchgrade.some").warning("mind the %s", "gap")) == 0
    assert command(lambda: logging.getLogger("torchgrade.some").warning("again")) == 0
    assert capsys.readouterr().err == "warning: mind the gap\nwarning: again\n"
