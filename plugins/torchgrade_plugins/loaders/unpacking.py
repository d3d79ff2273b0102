"""Decompression of a stream, in steps of bounded size and memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from torchgrade.errors import SubmissionError
from torchgrade_plugins.loaders.outflow import CHUNK, Outflow

__all__ = ["COMPRESSIONS", "unpack"]

# Enough for what ``xz -9`` writes (64 MiB of dictionary); a stream may ask for 4 GiB.
XZ_MEMORY = 96 * 1024 * 1024

DAMAGED = (EOFError, OSError, ValueError, lzma.LZMAError, zlib.error)


def unpack(data: bytes, outflow: Outflow) -> bytes:
    """Decompress gzip, bzip2 or xz.

    Raises:
        SubmissionError: if it is damaged, or more comes out than ``outflow`` allows.
    """
    magic = next(magic for magic in COMPRESSIONS if data.startswith(magic))
    content = bytearray()
    try:
        for chunk in COMPRESSIONS[magic](data):
            outflow.add(len(chunk))
            content += chunk
    except DAMAGED as error:
        raise SubmissionError("it is damaged or cut off; pack it and hand it in again") from error
    return bytes(content)


def _gunzipped(data: bytes) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _unbzipped(data: bytes) -> Iterator[bytes]:
    return _streams(data, bz2.BZ2Decompressor, b"BZh")


def _unxzipped(data: bytes) -> Iterator[bytes]:
    return _streams(data, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY), b"\xfd7zXZ\0")


def _streams(
    data: bytes, new: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor], magic: bytes
) -> Iterator[bytes]:
    """Decompress one stream after another, as parallel packers write them."""
    while data.startswith(magic):
        decompressor = new()
        chunk = decompressor.decompress(data, CHUNK)
        while not decompressor.eof:
            yield chunk
            if not chunk and decompressor.needs_input:
                raise EOFError
            chunk = decompressor.decompress(b"", CHUNK)
        yield chunk
        data = decompressor.unused_data


COMPRESSIONS: Mapping[bytes, Callable[[bytes], Iterator[bytes]]] = MappingProxyType(
    {b"\x1f\x8b": _gunzipped, b"BZh": _unbzipped, b"\xfd7zXZ\0": _unxzipped}
)
"""First bytes of each kind of stream, and what decompresses it."""
