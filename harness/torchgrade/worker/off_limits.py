"""What an assignment rules out raises in its workers, whichever way it is reached.

Prepared once in the zygote, before the first fork: so everything graded, the reference too, is held
to it, and a worker pays nothing. It is a clear rule with a clear message, not a security boundary.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Sequence
from pathlib import Path

from torchgrade.worker.off_limits_names import OffLimitsNameError, find_targets, matches, replace_targets
from torchgrade.worker.off_limits_ops import (
    find_ops,
    ops_of_names,
    refuse_decompositions,
    refuse_ops,
    tell_torchscript,
)
from torchgrade.worker.refusal import OffLimitsImportError, refusal

__all__ = ["OffLimitsNameError", "enforce"]

_FINDER = importlib.util.find_spec.__code__


def enforce(names: Sequence[str], ops: Sequence[str]) -> None:
    """Make names and operators raise ``OffLimitsError`` in this process and its children.

    Args:
        names: dotted names of modules, classes, functions and methods, the last part perhaps a pattern
            (``torch.nn.LSTM*``). Those in packages that are not there raise at the import.
        ops: patterns of registered operators (``aten::_scaled_dot_product*``).

    Raises:
        OffLimitsNameError: if a name or a pattern means nothing that is there, or cannot be ruled out.
    """
    there = [name for name in names if importlib.util.find_spec(name.partition(".")[0]) is not None]
    absent = [name for name in names if name not in there]
    targets = [target for name in there for target in find_targets(name)]
    found = {}
    if ops or any(name.partition(".")[0] == "torch" for name in there):
        found = {op: op.partition(".")[0] for pattern in ops for op in find_ops(pattern)}
        # A name says more to a student than the operator behind it.
        found.update(ops_of_names(targets))
    tell_torchscript(replace_targets(targets))
    modules = [target.name for target in targets if isinstance(target.value, types.ModuleType)]
    if absent or modules:
        sys.meta_path.insert(0, _Refusing([*absent, *modules]))  # asked only for what is not loaded, or again
    if found:
        refuse_ops(found)
        refuse_decompositions(found)


class _Refusing:
    """An import finder: says why a ruled-out module cannot be imported, or not once more.

    A module of one's own may have any name: what lies below the working folder is found as ever.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Refuse a ruled-out module; for every other, and for who merely asks, find nothing.

        Raises:
            OffLimitsImportError: if it is imported.
        """
        del target
        name = next((found for own in self._names if (found := matches(own, fullname))), "")
        if not name or _merely_asked() or _is_own(importlib.machinery.PathFinder.find_spec(fullname, path)):
            return None
        raise OffLimitsImportError(refusal(name), name=fullname)


def _is_own(spec: importlib.machinery.ModuleSpec | None) -> bool:
    """Whether a module lies below the working folder, where a worker has the files of its submission."""
    if spec is None or spec.origin is None:
        return False
    with contextlib.suppress(OSError):
        return Path(spec.origin).is_relative_to(Path.cwd())
    return False


def _merely_asked() -> bool:
    """Whether ``importlib.util.find_spec`` asks, and not an import."""
    asker: types.FrameType | None = sys._getframe(2)  # noqa: SLF001 - the only way to know
    while asker is not None and asker.f_code.co_filename.startswith("<frozen importlib._bootstrap"):
        asker = asker.f_back
    return asker is not None and asker.f_code is _FINDER
