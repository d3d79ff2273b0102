"""Writes the generated pages of docs/reference from the code: ``python docs/generate.py``."""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from torchgrade import cli, plugin

REFERENCE = Path(__file__).parent / "reference"
NOTICE = "<!-- written by docs/generate.py (`make docs`): edit the code's docstrings instead -->\n"

HOW_TO_JOIN = f"""A plugin is a module or object with functions of these names, marked with
`torchgrade.plugin.hookimpl`, and named in the entry-point group `{plugin.ENTRY_POINT_GROUP}` of its
distribution:

```toml
[project.entry-points.{plugin.ENTRY_POINT_GROUP}]
my-course = "my_course.torchgrade_plugin"
```
"""


def main() -> None:
    """Write all pages whose text has changed, and name them."""
    for name, text in pages().items():
        path = REFERENCE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path}\n")


def pages() -> dict[str, str]:
    """Return the text of each generated page by its file name."""
    return {"commands.md": commands_page(), "hooks.md": hooks_page()}


def commands_page() -> str:
    """Return the reference of the command line."""
    root = _root_command()
    context = click.Context(root, info_name="torchgrade")
    parts = [NOTICE, "# Commands\n", _prose(root.help), *_parameters(root, context)]
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        if command is None:
            raise LookupError(f"the command '{name}' is listed but cannot be loaded")
        if not command.hidden:
            parts += _command(command, click.Context(command, info_name=name, parent=context))
    return "\n".join(parts)


def hooks_page() -> str:
    """Return the reference of the engine's hooks: each with the interface of what it registers."""
    parts = [
        NOTICE,
        "# Hooks of the engine\n",
        _prose(plugin.__doc__),
        HOW_TO_JOIN,
        "`torchgrade plugins` lists what is installed.\n",
    ]
    for name, function in _functions(plugin._Specs):  # noqa: SLF001 - this page is their documentation
        parts += [f"## `{name}`\n", f"```python\n{_signature(function)}\n```\n", _prose(function.__doc__)]
        parts += _interface(_provided(function))
    return "\n".join(parts)


def _root_command() -> click.Group:
    groups = [value for value in vars(cli).values() if isinstance(value, click.Group)]
    if len(groups) != 1:
        raise LookupError(f"torchgrade.cli has {len(groups)} click groups, not one")
    return groups[0]


def _command(command: click.Command, context: click.Context) -> list[str]:
    usage = " ".join(["torchgrade", context.info_name or "", *command.collect_usage_pieces(context)])
    return [
        f"## `torchgrade {context.info_name}`\n",
        f"```text\n{usage}\n```\n",
        _prose(command.help),
        *_parameters(command, context),
    ]


def _parameters(command: click.Command, context: click.Context) -> list[str]:
    rows = [
        f"| {_spelling(option)} | {_cell(option.help or '')}{_remark(option)} |"
        for option in command.get_params(context)
        if isinstance(option, click.Option) and not option.hidden and "--help" not in option.opts
    ]
    return ["| option | |\n|---|---|", *rows, ""] if rows else []


def _spelling(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    if option.is_flag or option.count:
        return names
    if isinstance(option.type, click.Choice):
        return f"{names} {_cell(' | '.join(str(choice) for choice in option.type.choices))}"
    return f"{names} {_cell(option.metavar or option.type.name.upper())}"


def _remark(option: click.Option) -> str:
    if option.required:
        return " (required)"
    default = option.default
    if option.is_flag or not isinstance(default, (str, int, float)):
        return ""
    return f" (default: `{default}`)"


def _interface(provided: type) -> list[str]:
    """Describe the protocol that a provided thing must have."""
    parts = [f"### `{provided.__name__}`\n", _prose(provided.__doc__)]
    for name, annotation in inspect.get_annotations(provided).items():
        parts.append(f"- `{name}: {annotation}`")
    if provided.__annotations__:
        parts.append("")
    for _, function in _functions(provided):
        parts += [f"```python\n{_signature(function)}\n```\n", _prose(function.__doc__)]
    return parts


def _provided(function: types.FunctionType) -> type:
    """Return ``Loader`` for a hook that is given a ``Registry[Loader]``."""
    registry = typing.get_type_hints(function)["registry"]
    (provided,) = typing.get_args(registry)
    return typing.cast("type", provided)


def _functions(owner: type) -> Iterator[tuple[str, types.FunctionType]]:
    for name, value in vars(owner).items():
        if inspect.isfunction(value) and not name.startswith("_"):
            yield name, value


def _signature(function: Callable[..., Any]) -> str:
    """Return ``def name(...)`` as it is written: annotations are strings and stay so."""
    signature = inspect.signature(function)
    parameters = [item for item in signature.parameters.values() if item.name != "self"]
    text = str(signature.replace(parameters=parameters)).replace("'", "")
    return f"def {function.__name__}{text}"


def _prose(docstring: str | None) -> str:
    """Return a docstring as Markdown: code in single backticks, ``Raises:`` as a list."""
    lines = inspect.cleandoc(docstring or "").replace("``", "`").replace("\b\n", "").splitlines()
    return "\n".join(_lists(lines)) + "\n"


def _lists(lines: list[str]) -> Iterator[str]:
    in_section = False
    for line in lines:
        if line in {"Args:", "Returns:", "Raises:", "Attributes:"}:
            in_section = True
            yield f"{line[:-1]}:\n"
        elif in_section and line.startswith("    ") and not line.startswith("     "):
            yield f"- {line.strip()}"
        else:
            in_section = in_section and (not line or line.startswith(" "))
            yield line.replace("        ", "  ") if in_section else line


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    main()
