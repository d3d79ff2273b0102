"""Tar archives, read header by header.

``tarfile`` itself is made for archives that one trusts: several of its versions can be sent into quadratic
time, endless loops or deep recursion by a crafted header. So only its parser of a single header is used,
and the walk from header to header, which takes one step forward each time, is ours.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass

from torchgrade.errors import SubmissionError
from torchgrade_plugins.loaders.intake import Intake

__all__ = ["read_tar"]

# A record of a pax header takes a handful of bytes and a turn of a loop: so they are bounded in all.
EXTENSION_BYTES = 4 * 1024 * 1024
LONGEST_LENGTH = 10

PAX = {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE}
EXTENSIONS = PAX | {tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
REGULAR = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}
KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}
# Sparse files alone among these have content.
WITHOUT_CONTENT = (KINDS.keys() - {tarfile.GNUTYPE_SPARSE}) | {tarfile.DIRTYPE}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extension:
    """What the headers before an entry say of it."""

    path: str | None = None
    size: int | None = None
    sparse: bool = False


def read_tar(data: bytes, intake: Intake) -> int:
    """Take in the entries of an uncompressed tar archive; return how many there are.

    Raises:
        SubmissionError: if it is damaged, or an entry makes it unacceptable.
    """
    position, count, extension_bytes = 0, 0, 0
    extension = _Extension()
    while data[position : position + tarfile.BLOCKSIZE].strip(b"\0"):
        header = _header(data[position : position + tarfile.BLOCKSIZE])
        size = header.size if extension.size is None else extension.size
        start = position + tarfile.BLOCKSIZE
        if header.type in WITHOUT_CONTENT:
            size = 0  # whatever the header says
        end = start + size
        if size < 0 or end > len(data):
            raise _damaged()
        if header.type in EXTENSIONS:
            extension_bytes += size
            if extension_bytes > EXTENSION_BYTES:
                raise _damaged()
            extension = _extended(extension, header.type, data[start:end])
        else:
            _take(intake, header, extension, data[start:end])
            extension = _Extension()
            count += 1
        position = end + -size % tarfile.BLOCKSIZE
    # Every packer closes an archive with blocks of zeros: without one, the rest of it is missing.
    if len(data) < position + tarfile.BLOCKSIZE:
        raise _damaged()
    return count


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise _damaged() from error


def _take(intake: Intake, header: tarfile.TarInfo, extension: _Extension, content: bytes) -> None:
    path = header.name if extension.path is None else extension.path
    if header.type == tarfile.DIRTYPE or (header.type in REGULAR and path.endswith("/")):
        intake.admit_folder(path)
        return
    kind = "" if header.type in REGULAR else KINDS.get(header.type, "an entry of an unusual kind")
    admitted = intake.admit(
        path, size=len(content), kind=KINDS[tarfile.GNUTYPE_SPARSE] if extension.sparse else kind
    )
    if admitted is not None:
        intake.keep(admitted, content)


def _extended(extension: _Extension, kind: bytes, payload: bytes) -> _Extension:
    if kind == tarfile.GNUTYPE_LONGNAME:
        name = payload.partition(b"\0")[0].decode("utf-8", "surrogateescape")
        return _Extension(path=name, size=extension.size, sparse=extension.sparse)
    if kind == tarfile.GNUTYPE_LONGLINK:
        return extension
    records = _records(payload)
    if kind == tarfile.XGLTYPE:
        # Git writes a comment there; a name or size for all entries at once has no honest use.
        if records.keys() & {b"path", b"size"}:
            raise _damaged()
        return extension
    path = records[b"path"].decode("utf-8", "surrogateescape") if b"path" in records else extension.path
    size = _number(records[b"size"]) if b"size" in records else extension.size
    sparse = extension.sparse or any(key.startswith(b"GNU.sparse.") for key in records)
    return _Extension(path=path, size=size, sparse=sparse)


def _records(payload: bytes) -> dict[bytes, bytes]:
    """Read the records of a pax header: ``LENGTH KEY=VALUE`` and a line feed, LENGTH counting them all."""
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(payload):
        blank = payload.find(b" ", position, position + LONGEST_LENGTH)
        end = position + _number(payload[position : max(blank, position)])
        if not position < blank < end <= len(payload) or payload[end - 1 : end] != b"\n":
            raise _damaged()
        key, equals, value = payload[blank + 1 : end - 1].partition(b"=")
        if not equals:
            raise _damaged()
        records[key] = value
        position = end
    return records


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > LONGEST_LENGTH:
        raise _damaged()
    return int(digits)


def _damaged() -> SubmissionError:
    return SubmissionError("it is no tar archive, or damaged or cut off; pack it and hand it in again")
