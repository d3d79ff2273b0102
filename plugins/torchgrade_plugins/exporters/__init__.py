"""Export formats: one module each, all reading the same record.

A new format is a class with ``file_suffix`` and ``export`` in a module of its own, a column in
``crosswalk.py`` if it has verdicts of its own, and a line here.
"""

from __future__ import annotations

from torchgrade.plugin import Exporter, Registry, hookimpl
from torchgrade_plugins.exporters.github_summary import GithubSummary
from torchgrade_plugins.exporters.gradescope import Gradescope
from torchgrade_plugins.exporters.junit import Junit

__all__ = ["torchgrade_exporters"]


@hookimpl
def torchgrade_exporters(registry: Registry[Exporter]) -> None:
    """Add the built-in formats."""
    registry.add("gradescope", Gradescope())
    registry.add("junit", Junit())
    registry.add("github-summary", GithubSummary())
