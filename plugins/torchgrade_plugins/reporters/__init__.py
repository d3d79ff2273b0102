"""What is written about a whole batch: the pages and the gradebook."""

from __future__ import annotations

from torchgrade.plugin import Registry, Reporter, hookimpl
from torchgrade_plugins.reporters.gradebook import Gradebook
from torchgrade_plugins.reporters.pages import Pages

__all__ = ["torchgrade_reporters"]


@hookimpl
def torchgrade_reporters(registry: Registry[Reporter]) -> None:
    """Add the built-in reporters."""
    registry.add("pages", Pages())
    registry.add("gradebook", Gradebook())
