"""Decompression of a stream, in steps of bounded size and memory."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Protocol

from torchgrade.errors import SubmissionError
from torchgrade_plugins.loaders.outflow import CHUNK, Outflow

__all__ = ["COMPRESSIONS", "unpack"]

# Enough for what ``xz -9`` writes (64 MiB of dictionary); a stream may ask for 4 GiB.
XZ_MEMORY = 96 * 1024 * 1024
# Parallel packers begin a new one every 64 KiB at the most.
MOST_STREAMS = 4_096

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


class _Decompressor(Protocol):
    """What the decompressors of bzip2 and xz have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gunzip:
    """A stream of gzip, decompressed as those of bzip2 and xz are."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _gunzipped(data: bytes) -> Iterator[bytes]:
    return _streams(data, _Gunzip, b"\x1f\x8b")


def _unbzipped(data: bytes) -> Iterator[bytes]:
    return _streams(data, bz2.BZ2Decompressor, b"BZh")


def _unxzipped(data: bytes) -> Iterator[bytes]:
    return _streams(data, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY), b"\xfd7zXZ\0")


def _streams(data: bytes, new: Callable[[], _Decompressor], magic: bytes) -> Iterator[bytes]:
    """Decompress one stream after another, as parallel packers write them; what follows is ignored.

    The input goes in by pieces: a stream that ends early costs no copy of all that comes after it.
    """
    position = 0
    for _ in range(MOST_STREAMS):
        if not data.startswith(magic, position):
            return
        decompressor = new()
        while not decompressor.eof:
            piece = b""
            if decompressor.needs_input:
                piece = data[position : position + CHUNK]
                position += len(piece)
                if not piece:
                    raise EOFError
            yield decompressor.decompress(piece, CHUNK)
        position -= len(decompressor.unused_data)
    raise SubmissionError(f"it is packed in more than {MOST_STREAMS} pieces; pack it anew")


COMPRESSIONS: Mapping[bytes, Callable[[bytes], Iterator[bytes]]] = MappingProxyType(
    {b"\x1f\x8b": _gunzipped, b"BZh": _unbzipped, b"\xfd7zXZ\0": _unxzipped}
)
"""First bytes of each kind of stream, and what decompresses it."""
