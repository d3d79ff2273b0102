"""Writing what all reporters make of a batch."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from pathlib import Path

from torchgrade.errors import InternalError
from torchgrade.plugin import Registry, Reporter
from torchgrade.results import Result

__all__ = ["write_reports"]

_LOG = logging.getLogger(__name__)


def write_reports(results: Sequence[Result], folder: Path, reporters: Registry[Reporter]) -> list[Path]:
    """Let every reporter write into ``folder``; return what was written, each one's main page first.

    Raises:
        InternalError: if one failed; the others have written all the same, and no result is lost.
    """
    written: list[Path] = []
    failed: list[str] = []
    for name, reporter in reporters:
        try:
            written.extend(reporter.write(results, folder))
        except OSError as error:
            failed.append(f"{name} ({error})")
        except Exception as error:  # noqa: BLE001 - one reporter's fault must not cost the others' files
            _LOG.warning(
                "reporter '%s' failed\n%s", name, "".join(traceback.format_exception(error)).rstrip()
            )
            failed.append(f"{name} ({type(error).__name__})")
    if failed:
        raise InternalError(
            f"not all reports could be written: {', '.join(failed)}; the results are stored, and"
            f" 'torchgrade report {folder}' tries again"
        )
    return written
