"""The HTML pages: one for the class, two for each submission."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torchgrade.results import Result
from torchgrade_reports import write_pages

__all__ = ["Pages"]


class Pages:
    """Writes ``index.html``, ``students/`` and ``instructor/``."""

    def write(self, results: Sequence[Result], folder: Path) -> list[Path]:
        """Write the pages below ``folder`` and return them, the class page first."""
        return write_pages(results, folder)
