"""An archive: zip, or tar with or without compression. Nothing of it is ever written to disk."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from torchgrade.errors import SubmissionError
from torchgrade.submission import LoadLimits, Submission
from torchgrade_plugins.loaders.entry import assemble
from torchgrade_plugins.loaders.files import read_regular
from torchgrade_plugins.loaders.intake import ARCHIVE_SUFFIXES, Intake
from torchgrade_plugins.loaders.names import shown
from torchgrade_plugins.loaders.outflow import Outflow
from torchgrade_plugins.loaders.tarred import read_tar
from torchgrade_plugins.loaders.unpacking import COMPRESSIONS, unpack
from torchgrade_plugins.loaders.zipped import read_zip

__all__ = ["ArchiveLoader"]

USTAR = slice(257, 262)

_OTHERS = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"%PDF", "a PDF"),
    (b"<", "a web page"),
)


class ArchiveLoader:
    """Reads an archive by what is in it, whichever of the accepted endings it has."""

    accepts = "an archive (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz)"

    def recognises(self, path: Path) -> bool:
        """Tell whether ``path`` is named as an archive."""
        return path.name.lower().endswith(ARCHIVE_SUFFIXES)

    def load(self, path: Path, *, submission_id: str, limits: LoadLimits) -> Submission:
        """Read all that is to be kept.

        Raises:
            SubmissionError: if it is damaged, locked, unsafe or too large, or holds nothing to grade.
        """
        data = read_regular(path, shown_as=path.name, limit=limits.archive_bytes)
        if not data:
            raise SubmissionError(f"the archive {shown(path.name)} is empty (0 bytes); hand it in again")
        intake = Intake(limits)
        try:
            if not _read(data, path.name, intake, Outflow(limits, packed_bytes=len(data))):
                _refuse_empty()
            return assemble(intake, submission_id=submission_id, container="it")
        except SubmissionError as error:
            raise SubmissionError(f"the archive {shown(path.name)}: {error}") from error


def _read(data: bytes, name: str, intake: Intake, outflow: Outflow) -> int:
    """Take in all entries; return how many there are."""
    if data.startswith(b"PK") or (name.lower().endswith(".zip") and not _is_tar(data)):
        _refuse_foreign(data)
        return read_zip(data, intake, outflow)
    if data.startswith(tuple(COMPRESSIONS)):
        return read_tar(unpack(data, outflow), intake)
    if not _is_tar(data):
        _refuse_foreign(data)
    return read_tar(data, intake)


def _refuse_empty() -> NoReturn:
    raise SubmissionError("there is nothing in it")


def _is_tar(data: bytes) -> bool:
    return data[USTAR] == b"ustar" or data.startswith(tuple(COMPRESSIONS))


def _refuse_foreign(data: bytes) -> None:
    for magic, words in _OTHERS:
        if data.startswith(magic):
            raise SubmissionError(f"despite its name it is {words}; pack your files as .zip")
