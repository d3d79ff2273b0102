"""The program of the filter of system calls, built by libseccomp."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from torchgrade.errors import InternalError
from torchgrade.sandbox import Level
from torchgrade_plugins.sandboxes.gpu_calls import ALLOWED_WITH_GPU, CONDITIONAL_WITH_GPU
from torchgrade_plugins.sandboxes.system_calls import (
    ALLOWED,
    ALLOWED_WHERE_ALONE,
    CONDITIONAL,
    CONDITIONAL_WHERE_ALONE,
    CONDITIONAL_WHERE_TOGETHER,
    FILE_PROPERTIES,
    REFUSED,
    WAITS_ON_SHARED,
    Condition,
)

if TYPE_CHECKING:
    import pyseccomp

__all__ = ["filter_program", "missing_library"]


def missing_library() -> str:
    """Return why no filter can be built here, or nothing."""
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        return f"filters of system calls cannot be built: {error}"
    return ""


@cache
def filter_program(level: Level, *, gpu: bool = False) -> bytes:
    """Return the program for the workers of a level, for ``torchgrade.worker.filters.install``.

    At ``isolated`` a worker sees no files and processes but its own, so it may change the modes of the former
    and signal the latter. At ``confined`` it may signal itself.

    Args:
        level: of the workers.
        gpu: whether they may use one.

    Raises:
        InternalError: if it cannot be built.
    """
    import pyseccomp

    program = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    program.set_attr(pyseccomp.Attr.CTL_OPTIMIZE, 2)  # a search tree, not a list
    alone = level is Level.ISOLATED
    driver = ALLOWED_WITH_GPU if gpu else ""
    for name in f"{ALLOWED} {ALLOWED_WHERE_ALONE if alone else ''} {driver}".split():
        _add(program, pyseccomp.ALLOW, name)
    for name in f"{REFUSED} {'' if alone else FILE_PROPERTIES}".split():
        if name not in driver.split():
            _add(program, pyseccomp.ERRNO(errno.EPERM), name)
    for name, conditions in (
        *CONDITIONAL,
        *(CONDITIONAL_WITH_GPU if gpu else ()),
        *(CONDITIONAL_WHERE_ALONE if alone else CONDITIONAL_WHERE_TOGETHER),
    ):
        _add(program, pyseccomp.ALLOW, name, conditions)
    for name, conditions in WAITS_ON_SHARED:
        _add(program, pyseccomp.ERRNO(errno.EAGAIN), name, conditions)
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def _add(
    program: pyseccomp.SyscallFilter, action: int, name: str, conditions: Iterable[Condition] = ()
) -> None:
    """Add a rule; a call that this architecture or library does not know needs none."""
    import pyseccomp

    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number < 0:
        return
    wanted = [pyseccomp.Arg(place, pyseccomp.MASKED_EQ, mask, value) for place, mask, value in conditions]
    try:
        program.add_rule(action, number, *wanted)
    except OSError as error:
        raise InternalError(f"no rule for the system call {name}: {error}") from error
