"""One implementation inside its worker: files to modules to pluggy hooks to answers."""

from __future__ import annotations

import importlib.util
import linecache
import sys
import traceback
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torchgrade.contract import Contract, Problem, check_plugin, with_arguments_in_order
from torchgrade.wire import Handle
from torchgrade.worker.refusal import OffLimitsError, refused_in

__all__ = ["Implementation", "plain_text"]

MESSAGE_CHARACTERS = 2_000
TYPES = 16
FRAMES = 12
# torch raises a plain RuntimeError with these words in it.
TORCH_OUT_OF_MEMORY = "DefaultCPUAllocator: can't allocate memory"
LINE_CHARACTERS = 200


class Implementation:
    """What a submission, the reference, a mutant or an alternative is inside its worker."""

    def __init__(self, contract: Contract, folder: str) -> None:
        self._contract = contract
        self._manager = contract.manager()
        self._folder = Path(folder) / "submission"
        self._objects: dict[int, object] = {}
        self._next_number = 1

    def load(self, files: Mapping[str, bytes], entries: Sequence[str]) -> dict[str, Any]:
        """Write the files, import the entries, register what fits the contract.

        Args:
            files: contents by relative path.
            entries: modules that hold hooks; a later one replaces hooks of an earlier one.

        Returns:
            ``usable``: hook names that can be called; ``problems``: pairs of hook and sentence.
        """
        for name, content in files.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        # At the end of the path: a submission's numpy.py shadows nothing.
        sys.path.append(str(self._folder))
        sys.path.extend(str((self._folder / entry).parent) for entry in entries if "/" in entry)
        usable: dict[str, Any] = {}
        problems: dict[str, Problem] = {}
        extra: list[Problem] = []
        for entry in entries:
            found, wrong = check_plugin(self._contract, _import_file(self._folder / entry))
            usable.update(found)
            extra += [problem for problem in wrong if not problem.hook]
            problems.update({problem.hook: problem for problem in wrong if problem.hook})
        plugin = types.ModuleType("submission_hooks")
        hooks = self._contract.hooks
        vars(plugin).update(
            {name: with_arguments_in_order(hooks[name], function) for name, function in usable.items()}
        )
        self._manager.register(plugin, "submission")
        missing = [problem for name, problem in problems.items() if name not in usable]
        return {
            "usable": [name for name in self._contract.hooks if name in usable],
            "problems": [(problem.hook, problem.text[:MESSAGE_CHARACTERS]) for problem in missing + extra],
        }

    def call(self, hook: str, arguments: Sequence[Any]) -> Any:
        """Call a hook with the contract's arguments in their order."""
        spec = self._contract.hooks[hook]
        value = getattr(self._manager.hook, hook)(**dict(zip(spec.arguments, arguments, strict=True)))
        return self._keep(value) if spec.methods and value is not None else value

    def make(self, hook: str, arguments: Sequence[Any]) -> object:
        """Return the object that a hook makes, which stays here.

        Raises:
            TypeError: if it makes none.
        """
        spec = self._contract.hooks[hook]
        made: object = getattr(self._manager.hook, hook)(**dict(zip(spec.arguments, arguments, strict=True)))
        if made is None:
            raise TypeError(f"{hook} returned None; it must return an object with {', '.join(spec.methods)}")
        return made

    def resolve(self, handle: Handle) -> object:
        """Return the object behind a handle.

        Raises:
            LookupError: if it was released, or belongs to another worker.
        """
        if handle.number not in self._objects:
            raise LookupError(f"object {handle.number} is no longer there")
        return self._objects[handle.number]

    def release(self, objects: Sequence[object]) -> None:
        """Forget objects that the grader no longer needs."""
        gone = {id(item) for item in objects}
        self._objects = {number: item for number, item in self._objects.items() if id(item) not in gone}

    def known(self, value: object) -> Handle | None:
        """Return the handle of an object that an earlier call returned, None for any other."""
        return next((Handle(number) for number, item in self._objects.items() if item is value), None)

    def describe_error(self, error: BaseException) -> dict[str, Any]:
        """Return what a student needs of an exception, as plain bounded data.

        Returns:
            ``types``: names of its class and bases, nearest first; ``message``; ``frames``: (file, line,
            function, source line) of the submission's own code, innermost last.
        """
        message = plain_text(error)
        refused = refused_in(message)
        kinds = [_bounded(kind.__name__) for kind in type(error).__mro__ if kind is not object]
        if TORCH_OUT_OF_MEMORY in message:
            kinds = [*kinds[: TYPES - 1], MemoryError.__name__]
        if refused and not isinstance(error, OffLimitsError):
            message, kinds = refused, [OffLimitsError.__name__, *kinds[: TYPES - 1]]
        frames = []
        for frame, line in traceback.walk_tb(error.__traceback__):
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(self._folder):
                name = path.relative_to(self._folder).as_posix()
                source = linecache.getline(str(path), line).strip()
                frames.append((_bounded(name), line, _bounded(frame.f_code.co_name), _bounded(source)))
        if isinstance(error, SyntaxError) and isinstance(error.filename, str):
            name, number = Path(error.filename).name, error.lineno
            source = str(error.text or "").strip()
            frames.append((_bounded(name), number if type(number) is int else 0, "", _bounded(source)))
        return {"types": kinds[:TYPES], "message": message, "frames": frames[-FRAMES:]}

    def _keep(self, value: object) -> Handle:
        known = self.known(value)
        if known is not None:
            return known
        handle = Handle(self._next_number)
        self._next_number += 1
        self._objects[handle.number] = value
        return handle


def _import_file(path: Path) -> types.ModuleType:
    """Import a file by its place, as the module of its name."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def plain_text(error: BaseException) -> str:
    """Return an exception's message, bounded, without lone surrogates."""
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
        return text[:MESSAGE_CHARACTERS].encode(errors="replace").decode()
    except BaseException as second:  # noqa: BLE001 - a student's __str__ may raise anything
        return f"(its message cannot be shown: {_bounded(type(second).__name__)})"


def _bounded(text: str) -> str:
    return text[:LINE_CHARACTERS].encode(errors="replace").decode()
