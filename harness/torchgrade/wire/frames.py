"""Frames on a stream socket: a small header, then the bytes of its arrays.

    4 bytes   magic
    4 bytes   length of the header, big-endian
    n bytes   header: msgpack of ``_Header``
    ...       the data of each array that the header declares, one after another, C order

The reader allocates each array from its declared dtype and shape, after checking them against its
bounds, and receives straight into it. Every read has a deadline.
"""

from __future__ import annotations

import math
import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Annotated, Any

import msgspec
import numpy as np

from torchgrade.wire.errors import WireClosedError, WireError, WireTimeoutError
from torchgrade.wire.values import (
    ARRAY_DTYPES,
    ARRAY_LIMIT,
    AXIS_LIMIT,
    DEPTH_LIMIT,
    DTYPE_NAMES,
    Array,
    Packed,
    with_big_integers,
)

__all__ = ["Bounds", "Frame", "Link"]

_MAGIC = b"tgw1"
_PREFIX = struct.Struct(">4sI")
_JOIN_BELOW = 1 << 16
# Two such frames fit into the buffer of a stream socket.
_AHEAD_BYTES = 1 << 14
_READ_SIZE = 1 << 16
_FOREVER = 366 * 86400.0
# Memory layouts that are made again on the other side, so that code which only works on contiguous
# arrays is found out: row-major, column-major, every second element of the last axis.
_ROWS, _COLUMNS, _STRIDED = "C", "F", "S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a frame may hold at the most: a reader accepts no more, a writer sends no more."""

    # Nested lists take some fifty times their bytes in memory; long ones cross beside the header.
    header_bytes: int = 4 * 1024 * 1024
    array_bytes: int = 1024 * 1024 * 1024


_Atom = None | bool | int | float | str


def _tree_type() -> Any:
    """Return the type of a tree: lists of lists of atoms, and no maps or extensions, so deep."""
    kind: Any = _Atom
    # A value may sit in a list of arguments, and its innermost items may be tagged lists.
    for _ in range(DEPTH_LIMIT + 3):
        kind = _Atom | list[kind]
    return kind


Count = Annotated[int, msgspec.Meta(ge=0, le=2**40)]


class _ArrayHead(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    dtype: Annotated[str, msgspec.Meta(max_length=16)]
    shape: Annotated[tuple[Count, ...], msgspec.Meta(max_length=AXIS_LIMIT)]
    layout: Annotated[str, msgspec.Meta(max_length=1)]


class _Header(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    kind: Annotated[str, msgspec.Meta(max_length=16)]
    nonce: Annotated[bytes, msgspec.Meta(max_length=16)]
    tree: _tree_type()  # type: ignore[valid-type]
    arrays: Annotated[tuple[_ArrayHead, ...], msgspec.Meta(max_length=ARRAY_LIMIT)]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What was received: a kind, the nonce of its request, plain data and arrays."""

    kind: str
    nonce: bytes
    tree: Any
    arrays: Sequence[Array]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Header)


class Link:
    """One end of the wire. Not for several threads.

    Args:
        stream: a connected stream socket; the link owns it.
        bounds: what ``receive`` accepts.
        watch: file descriptor that becomes readable when the other end has died, so that a
            descriptor which outlives it in a grandchild cannot make us wait.
    """

    def __init__(self, stream: socket.socket, bounds: Bounds, watch: int | None = None) -> None:
        stream.setblocking(False)
        self._stream = stream
        self._bounds = bounds
        self._buffer = bytearray()
        self._watch = watch
        self._readable = select.poll()
        self._readable.register(stream, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(stream, select.POLLOUT)
        if watch is not None:
            self._readable.register(watch, select.POLLIN)
            self._writable.register(watch, select.POLLIN)

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def send(self, kind: str, nonce: bytes, packed: Packed, *, deadline: float | None = None) -> None:
        """Send one frame whole.

        Args:
            kind: what the frame is, such as ``"call"``.
            nonce: at most 16 bytes that the answer repeats.
            packed: what it carries.
            deadline: in ``time.monotonic()`` seconds; None waits for ever.

        Raises:
            WireError: if it cannot be written as a frame; nothing was sent then.
            MemoryError: if there is no room to arrange its arrays; nothing was sent then.
            WireTimeoutError, WireClosedError: if the other end does not take it.
        """
        heads = tuple(map(_head, packed.arrays))
        body = _encode(kind, nonce, packed.tree, heads)
        self._check(len(body), heads)
        parts = list(map(_bytes_of, packed.arrays))
        pending = bytearray(_PREFIX.pack(_MAGIC, len(body)))
        pending += body
        for part in parts:
            if len(part) < _JOIN_BELOW:
                pending += part
            else:
                self._send_all(pending, deadline)
                self._send_all(part, deadline)
                pending = bytearray()
        self._send_all(pending, deadline)

    def send_ahead(self, kind: str, nonce: bytes, packed: Packed, *, deadline: float | None = None) -> bool:
        """Send one frame whole if it is so small that the stream takes it while nobody reads.

        Returns:
            Whether it was sent.

        Raises:
            WireTimeoutError, WireClosedError: as ``send``.
        """
        heads = tuple(map(_head, packed.arrays))
        if sum(map(_nbytes, heads)) > _AHEAD_BYTES:
            return False
        body = _encode(kind, nonce, packed.tree, heads)
        if len(body) > _AHEAD_BYTES:
            return False
        frame = bytearray(_PREFIX.pack(_MAGIC, len(body)))
        frame += body
        for array in packed.arrays:
            frame += _bytes_of(array)
        self._send_all(frame, deadline)
        return True

    def _check(self, header_bytes: int, heads: Sequence[_ArrayHead]) -> list[int]:
        """Return the bytes of each array.

        Raises:
            WireError: if a frame is over the bounds, or declares a dtype that there is not.
        """
        if header_bytes > self._bounds.header_bytes:
            limit = self._bounds.header_bytes
            raise WireError(
                f"it takes {header_bytes} bytes beside its arrays, over the limit of {limit};"
                " arrays hold many numbers better than lists do"
            )
        sizes = list(map(_nbytes, heads))
        total = sum(sizes)
        if total > self._bounds.array_bytes:
            raise WireError(f"its arrays take {total} bytes, over the limit of {self._bounds.array_bytes}")
        return sizes

    def receive(self, *, deadline: float | None = None) -> Frame:
        """Receive one frame whole.

        Raises:
            WireError: if what arrives is no frame, or over the bounds.
            WireTimeoutError, WireClosedError: if it does not arrive.
        """
        self._fill(_PREFIX.size, deadline)
        magic, length = _PREFIX.unpack_from(self._buffer)
        if magic != _MAGIC or length > self._bounds.header_bytes:
            raise WireError("what arrived is no frame")
        end = _PREFIX.size + length
        self._fill(end, deadline)
        try:
            header = _DECODER.decode(self._buffer[_PREFIX.size : end])
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeDecodeError) as error:
            raise WireError(f"a frame's header is malformed: {error}") from error
        del self._buffer[:end]
        sizes = self._check(length, header.arrays)
        arrays = tuple(map(self._receive_array, header.arrays, sizes, repeat(deadline)))
        return Frame(kind=header.kind, nonce=header.nonce, tree=header.tree, arrays=arrays)

    def _receive_array(self, head: _ArrayHead, size: int, deadline: float | None) -> Array:
        try:
            if 0 < size <= len(self._buffer):
                flat = np.frombuffer(self._buffer[:size], dtype=ARRAY_DTYPES[head.dtype])
                del self._buffer[:size]
            else:
                flat = np.empty(math.prod(head.shape), dtype=ARRAY_DTYPES[head.dtype])
                self._take_into(flat.view(np.uint8).data, deadline)
            if head.dtype == "bool" and flat.view(np.uint8).max(initial=0) > 1:
                raise WireError("a boolean on the wire is neither true nor false")
            return _arrange(flat.reshape(head.shape), head.layout)
        except (ValueError, MemoryError) as error:
            raise WireError(f"an array of shape {head.shape} cannot be made") from error

    def _fill(self, count: int, deadline: float | None) -> None:
        while len(self._buffer) < count:
            self._buffer += self._read(max(_READ_SIZE, count - len(self._buffer)), deadline)

    def _take_into(self, target: memoryview, deadline: float | None) -> None:
        done = min(len(self._buffer), len(target))
        target[:done] = self._buffer[:done]
        del self._buffer[:done]
        while done < len(target):
            self._wait(self._readable, deadline)
            try:
                count = self._stream.recv_into(target[done:])
            except BlockingIOError:
                continue
            except OSError as error:
                raise WireClosedError("the other end has gone") from error
            if not count:
                raise WireClosedError("the other end has closed")
            done += count

    def _read(self, at_most: int, deadline: float | None) -> bytes:
        while True:
            self._wait(self._readable, deadline)
            try:
                data = self._stream.recv(min(at_most, 1 << 20))
            except BlockingIOError:
                continue
            except OSError as error:
                raise WireClosedError("the other end has gone") from error
            if not data:
                raise WireClosedError("the other end has closed")
            return data

    def _send_all(self, data: bytearray | bytes | memoryview, deadline: float | None) -> None:
        view = memoryview(data)
        sent = 0
        while sent < len(view):
            try:
                sent += self._stream.send(view[sent:])
            except BlockingIOError:
                self._wait(self._writable, deadline)
            except OSError as error:
                raise WireClosedError("the other end has gone") from error

    def _wait(self, poll: select.poll, deadline: float | None) -> None:
        """Wait until the stream is ready; data that came before a death is still read."""
        left = _FOREVER if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise WireTimeoutError("the other end did not answer in time")
        ready = poll.poll(min(left * 1000 + 1, 2**31 - 1))
        stream = self._stream.fileno()
        for descriptor, _ in ready:
            if descriptor == stream:
                return
        if ready:
            raise WireClosedError("the other end has died")
        if deadline is not None and time.monotonic() >= deadline:
            raise WireTimeoutError("the other end did not answer in time")


def _encode(kind: str, nonce: bytes, tree: Any, heads: tuple[_ArrayHead, ...]) -> bytes:
    try:
        try:
            return _ENCODER.encode(_Header(kind, nonce, tree, heads))
        except OverflowError:
            return _ENCODER.encode(_Header(kind, nonce, with_big_integers(tree), heads))
    except (UnicodeEncodeError, RecursionError, msgspec.EncodeError) as error:
        raise WireError(f"a value cannot be written: {error}") from error


def _bytes_of(array: Array) -> bytes | memoryview:
    if array.nbytes < _JOIN_BELOW:
        return array.tobytes()
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _nbytes(head: _ArrayHead) -> int:
    dtype = ARRAY_DTYPES.get(head.dtype)
    if dtype is None:
        raise WireError(f"a frame declares the dtype {head.dtype!r}")
    return math.prod(head.shape) * dtype.itemsize


def _head(array: Array) -> _ArrayHead:
    layout = _ROWS if array.flags.c_contiguous else _COLUMNS if array.flags.f_contiguous else _STRIDED
    return _ArrayHead(DTYPE_NAMES[array.dtype], array.shape, layout)


def _arrange(array: Array, layout: str) -> Array:
    if layout == _COLUMNS:
        return np.asfortranarray(array)
    if layout == _STRIDED and array.ndim:
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
        if array.dtype.kind in "fc":
            wide[...] = np.nan  # reading past the view must not go unnoticed
        view = wide[..., ::2]
        view[...] = array
        return view
    return array
