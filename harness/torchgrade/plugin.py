"""The engine's own hooks: how loaders, sandboxes, exporters and the rest join it.

Built-in plugins are registered exactly like foreign ones (entry-point group ``torchgrade``). A
provider gets a registry and adds to it; nobody but ``load_plugins`` touches pluggy.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pluggy

from torchgrade.content import Assignment
from torchgrade.errors import InternalError, SubmissionError, UsageError, did_you_mean
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.results import Audience, Note, Result
from torchgrade.sandbox import Sandbox
from torchgrade.submission import LoadLimits, Submission

__all__ = [
    "Executor",
    "Exporter",
    "Loader",
    "Observer",
    "Plugins",
    "Registry",
    "Reporter",
    "Rule",
    "choose_loader",
    "hookimpl",
    "load_plugins",
]

PROJECT = "torchgrade-engine"
ENTRY_POINT_GROUP = "torchgrade"
BUILT_IN = (
    "torchgrade_plugins.loaders",
    "torchgrade_plugins.rules",
    "torchgrade_plugins.sandboxes",
    "torchgrade_plugins.executors",
    "torchgrade_plugins.exporters",
    "torchgrade_plugins.reporters",
    "torchgrade_plugins.progress",
)

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of an engine plugin (a submission uses ``torchgrade.hookimpl``)."""


class Loader(Protocol):
    """Reads one kind of submission into memory."""

    accepts: str
    """What it reads, for messages, such as ``"a notebook (.ipynb)"``."""

    def recognises(self, path: Path) -> bool:
        """Tell whether this loader is the one for ``path``; looks, but reads little."""
        ...

    def load(self, path: Path, *, submission_id: str, limits: LoadLimits) -> Submission:
        """Read the submission.

        Raises:
            SubmissionError: if it cannot be read, with a sentence for the student.
        """
        ...


class Rule(Protocol):
    """Reads a submission's source, never importing it, and gives early advice."""

    def notes(self, submission: Submission, assignment: Assignment) -> Sequence[Note]:
        """Return advice; it never changes a verdict."""
        ...


class Executor(Protocol):
    """Runs grading processes."""

    def run(self, setup: GradingSetup, jobs: Sequence[Job], *, workers: int) -> Iterator[Result]:
        """Yield the result of each job once, in any order.

        A grading process that dies costs at most its own job, which then is an internal error.

        Raises:
            TorchgradeError: if the set-up itself is at fault (broken content, no such sandbox).
        """
        ...


class Exporter(Protocol):
    """Writes one result in a platform's format."""

    file_suffix: str
    """Ending of the file's name, such as ``.json``."""

    def export(self, result: Result, audience: Audience) -> str:
        """Return the file's text; ``result`` is already redacted for ``audience``."""
        ...


class Reporter(Protocol):
    """Writes files about a whole batch."""

    def write(self, results: Sequence[Result], folder: Path) -> list[Path]:
        """Write into ``folder`` and return what was written, the main page first."""
        ...


class Observer(Protocol):
    """Watches a batch; a failing observer never disturbs it."""

    def started(self, total: int, already_done: int) -> None:
        """Note that a batch of ``total`` submissions begins, some of them done before."""
        ...

    def stored(self, result: Result) -> None:
        """Note that a result is safely stored."""
        ...

    def finished(self) -> None:
        """Note that the batch has ended, for whatever reason."""
        ...


T = TypeVar("T")


class Registry(Generic[T]):
    """Named providers, in the order of their registration."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def add(self, name: str, item: T) -> None:
        """Register ``item``.

        Raises:
            InternalError: if the name is taken.
        """
        if name in self._items:
            raise InternalError(f"two plugins register the {self.kind} '{name}'")
        self._items[name] = item

    def get(self, name: str) -> T:
        """Return the item of that name.

        Raises:
            UsageError: if there is none.
        """
        if name not in self._items:
            known = ", ".join(self._items)
            raise UsageError(
                f"no {self.kind} '{name}'{did_you_mean(name, self._items) or f'; there are: {known}'}"
            )
        return self._items[name]

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(self._items.items())

    def __len__(self) -> int:
        return len(self._items)


def choose_loader(loaders: Registry[Loader], path: Path) -> Loader:
    """Return the first loader that recognises ``path``.

    Raises:
        SubmissionError: if there is nothing at ``path``, or no loader for it; what can be handed in is named.
    """
    name = "".join(char if char.isprintable() else "?" for char in (path.name or str(path))[:80])
    try:
        path.lstat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SubmissionError(f"'{name}' cannot be read: {reason.lower()}") from error
    for _, loader in loaders:
        if loader.recognises(path):
            return loader
    accepted = ", ".join(loader.accepts for _, loader in loaders)
    raise SubmissionError(f"'{name}' is no kind of submission that can be read; hand in one of: {accepted}")


class _Specs:
    """The hooks. Each is called once, at start, by ``load_plugins`` only."""

    @hookspec
    def torchgrade_loaders(self, registry: Registry[Loader]) -> None:
        """Add submission loaders. The first in the registry that recognises a path reads it."""

    @hookspec
    def torchgrade_rules(self, registry: Registry[Rule]) -> None:
        """Add rules. All of them run on every submission before its code does."""

    @hookspec
    def torchgrade_sandboxes(self, registry: Registry[Sandbox]) -> None:
        """Add sandboxes. The strongest that works on this machine is used."""

    @hookspec
    def torchgrade_executors(self, registry: Registry[Executor]) -> None:
        """Add executors. A batch uses the one that it names."""

    @hookspec
    def torchgrade_exporters(self, registry: Registry[Exporter]) -> None:
        """Add export formats for ``torchgrade export --format NAME``."""

    @hookspec
    def torchgrade_reporters(self, registry: Registry[Reporter]) -> None:
        """Add writers of pages and tables about a batch. All of them run."""

    @hookspec
    def torchgrade_observers(self, registry: Registry[Observer]) -> None:
        """Add observers of a batch. All of them are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """What the installed plugins provide."""

    loaders: Registry[Loader]
    rules: Registry[Rule]
    sandboxes: Registry[Sandbox]
    executors: Registry[Executor]
    exporters: Registry[Exporter]
    reporters: Registry[Reporter]
    observers: Registry[Observer]
    hooks_by_plugin: dict[str, tuple[str, ...]]


def load_plugins() -> Plugins:
    """Load the built-in and the installed plugins and ask each what it provides.

    Raises:
        InternalError: if a plugin cannot be loaded or fails; it is named.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(_Specs)
    for name in BUILT_IN:
        manager.register(importlib.import_module(name), name)
    try:
        manager.load_setuptools_entrypoints(ENTRY_POINT_GROUP)
        manager.check_pending()
    except Exception as error:
        raise InternalError(f"an installed plugin cannot be loaded: {error}") from error
    plugins = Plugins(
        loaders=Registry("submission loader"),
        rules=Registry("rule"),
        sandboxes=Registry("sandbox"),
        executors=Registry("executor"),
        exporters=Registry("export format"),
        reporters=Registry("reporter"),
        observers=Registry("observer"),
        hooks_by_plugin={
            name: tuple(sorted(caller.name for caller in manager.get_hookcallers(plugin) or ()))
            for name, plugin in manager.list_name_plugin()
            if plugin is not None
        },
    )
    _ask(manager, "torchgrade_loaders", plugins.loaders)
    _ask(manager, "torchgrade_rules", plugins.rules)
    _ask(manager, "torchgrade_sandboxes", plugins.sandboxes)
    _ask(manager, "torchgrade_executors", plugins.executors)
    _ask(manager, "torchgrade_exporters", plugins.exporters)
    _ask(manager, "torchgrade_reporters", plugins.reporters)
    _ask(manager, "torchgrade_observers", plugins.observers)
    return plugins


def _ask(manager: pluggy.PluginManager, hook: str, registry: Registry[T]) -> None:
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        try:
            implementation.function(registry=registry)
        except Exception as error:
            raise InternalError(f"plugin '{implementation.plugin_name}' failed in {hook}: {error}") from error
