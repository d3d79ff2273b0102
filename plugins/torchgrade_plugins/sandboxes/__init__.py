"""The sandboxes that come with torchgrade, strongest first."""

from __future__ import annotations

from torchgrade.plugin import Registry, hookimpl
from torchgrade.sandbox import Sandbox

__all__ = ["torchgrade_sandboxes"]


@hookimpl
def torchgrade_sandboxes(registry: Registry[Sandbox]) -> None:
    """Register them."""
    from torchgrade_plugins.sandboxes.confined import ConfinedSandbox
    from torchgrade_plugins.sandboxes.isolated import IsolatedSandbox
    from torchgrade_plugins.sandboxes.process import ProcessSandbox

    registry.add("isolated", IsolatedSandbox())
    registry.add("confined", ConfinedSandbox())
    registry.add("process", ProcessSandbox())
