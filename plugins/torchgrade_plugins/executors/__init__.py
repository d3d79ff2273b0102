"""Executors: who runs the grading processes of a batch."""

from __future__ import annotations

from torchgrade.plugin import Executor, Registry, hookimpl
from torchgrade_plugins.executors.local import LocalExecutor

__all__ = ["torchgrade_executors"]


@hookimpl
def torchgrade_executors(registry: Registry[Executor]) -> None:
    """Add ``local``, which grades on this machine."""
    registry.add("local", LocalExecutor())
