"""A meter on what comes out of an archive: declared sizes can lie, so bytes are counted as they come."""

from __future__ import annotations

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits
from torchgrade_plugins.loaders.names import size_in_words

__all__ = ["CHUNK", "Outflow"]

CHUNK = 64 * 1024
# Below this a high ratio is no danger, and a few lines repeated, or an array of zeros, reach it honestly.
HARMLESS_BYTES = 1024 * 1024


class Outflow:
    """Counts unpacked bytes."""

    def __init__(self, limits: LoadLimits, *, packed_bytes: int) -> None:
        self._limits = limits
        self._packed_bytes = packed_bytes
        self._count = 0

    def add(self, count: int) -> None:
        """Count bytes that came out.

        Raises:
            SubmissionError: if they are too many, or too many for the size of the archive.
        """
        self._count += count
        self.refuse_ratio(self._count)
        if self._count > self._limits.total_bytes:
            raise SubmissionError(
                f"it unpacks to more than {size_in_words(self._limits.total_bytes)};"
                " hand in only your code and what it needs"
            )

    def refuse_ratio(self, unpacked_bytes: int) -> None:
        """Refuse an archive that would unpack to that many bytes, if it is a bomb."""
        if unpacked_bytes > max(HARMLESS_BYTES, self._limits.ratio * self._packed_bytes):
            raise SubmissionError(
                f"it unpacks to more than {self._limits.ratio} times its size, as a zip bomb does;"
                " hand in only your code and what it needs"
            )
