"""Loaders: what a student hands in, read into memory within limits, never through links."""

from __future__ import annotations

from torchgrade.plugin import Loader, Registry, hookimpl
from torchgrade_plugins.loaders.archive import ArchiveLoader
from torchgrade_plugins.loaders.folder import FolderLoader
from torchgrade_plugins.loaders.module import ModuleLoader
from torchgrade_plugins.loaders.notebook import NotebookLoader

__all__ = ["ArchiveLoader", "FolderLoader", "ModuleLoader", "NotebookLoader", "torchgrade_loaders"]


@hookimpl
def torchgrade_loaders(registry: Registry[Loader]) -> None:
    """Add the built-in loaders."""
    registry.add("folder", FolderLoader())
    registry.add("module", ModuleLoader())
    registry.add("notebook", NotebookLoader())
    registry.add("archive", ArchiveLoader())
