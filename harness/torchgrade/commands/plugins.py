"""``torchgrade plugins``: what is installed, and which hooks each plugin answers."""

from __future__ import annotations

import click

from torchgrade.commands.options import echo_json, echo_table, json_option

__all__ = ["command"]

_REGISTRIES = ("loaders", "rules", "sandboxes", "executors", "exporters", "reporters", "observers")


@click.command(name="plugins")
@json_option
def command(*, as_json: bool) -> int:
    """List the plugins, the hooks each answers, and what they provide by name."""
    from torchgrade.plugin import load_plugins

    plugins = load_plugins()
    provided = {kind: [name for name, _ in getattr(plugins, kind)] for kind in _REGISTRIES}
    if as_json:
        echo_json({"plugins": plugins.hooks_by_plugin, "provided": provided})
        return 0
    echo_table(
        ("plugin", "hooks"), [(name, ", ".join(hooks)) for name, hooks in plugins.hooks_by_plugin.items()]
    )
    click.echo("")
    echo_table(("kind", "names"), [(kind, ", ".join(names) or "-") for kind, names in provided.items()])
    return 0
