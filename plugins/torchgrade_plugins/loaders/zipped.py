"""Zip archives."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib

from torchgrade.errors import SubmissionError
from torchgrade_plugins.loaders.files import kind_in_words
from torchgrade_plugins.loaders.intake import Intake
from torchgrade_plugins.loaders.names import is_junk, shown, size_in_words
from torchgrade_plugins.loaders.outflow import CHUNK, Outflow

__all__ = ["read_zip"]

# A directory of 10,000 entries with long names; zipfile would read one of any size into memory.
DIRECTORY_BYTES = 4 * 1024 * 1024
ENCRYPTED = 0x1 | 0x40
UTF8_NAME = 0x800

# What the zipfile module raises on archives that are damaged or made to confuse it.
DAMAGED = (
    *(zipfile.BadZipFile, EOFError, IndexError, KeyError, NotImplementedError, OSError, OverflowError),
    *(RuntimeError, ValueError, struct.error, zlib.error),
)


class _BoundedReads(io.BytesIO):
    """Bytes as a file that refuses to give very many at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read; a request for more than a directory may have is refused."""
        if size is not None and size > DIRECTORY_BYTES:
            raise _too_many()
        return super().read(size)


def read_zip(data: bytes, intake: Intake, outflow: Outflow) -> int:
    """Take in the entries of a zip archive; return how many there are.

    Raises:
        SubmissionError: if it is damaged, or an entry makes it unacceptable.
    """
    with _opened(data) as archive:
        entries = archive.infolist()
        wanted = [(path, entry) for entry in entries if (path := _judged(entry, intake))]
        outflow.refuse_ratio(sum(entry.file_size for entry in entries if not is_junk(_name(entry))))
        for path, entry in wanted:
            intake.keep(path, _unpacked(archive, entry, path, intake, outflow))
    return len(entries)


def _opened(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(_BoundedReads(data))
    except DAMAGED as error:
        raise _damaged() from error


def _judged(entry: zipfile.ZipInfo, intake: Intake) -> str | None:
    name = _name(entry)
    if entry.flag_bits & ENCRYPTED:
        raise SubmissionError(f"{shown(name)} is locked with a password; pack your files without one")
    mode = entry.external_attr >> 16
    if name.endswith("/"):
        intake.admit_folder(name, kind=kind_in_words(mode) if stat.S_ISLNK(mode) else "")
        return None
    kind = kind_in_words(mode) if stat.S_IFMT(mode) else ""
    path = intake.admit(name, size=entry.file_size, kind=kind)
    if path and entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise SubmissionError(
            f"{shown(path)} is compressed in an unusual way; pack your files as an ordinary .zip"
        )
    return path


def _name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name whole (zipfile cuts at NUL), in UTF-8 even if it is not marked as such."""
    if entry.flag_bits & UTF8_NAME:
        return entry.orig_filename
    try:
        return entry.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return entry.orig_filename


def _unpacked(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str, intake: Intake, outflow: Outflow
) -> bytes:
    content = bytearray()
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                outflow.add(len(chunk))
                content += chunk
                if len(content) > intake.limits.file_bytes:
                    raise SubmissionError(
                        f"{shown(path)} has more than {size_in_words(intake.limits.file_bytes)}"
                    )
    except DAMAGED as error:
        raise _damaged() from error
    if len(content) != entry.file_size:
        raise _damaged()
    return bytes(content)


def _damaged() -> SubmissionError:
    return SubmissionError("it is no zip archive, or damaged or cut off; pack it and hand it in again")


def _too_many() -> SubmissionError:
    return SubmissionError("it has too many entries; hand in only your code and what it needs")
