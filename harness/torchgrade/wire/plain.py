"""Long plain data in one piece: a computation graph of thousands of nodes, say.

A list or tuple whose items are plain atoms or tuples of such is written and read by msgspec in C,
without a Python call an item; the types of the decoder turn every inner array into a tuple again.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import msgspec

from torchgrade.wire.errors import WireError

__all__ = ["BYTES_LIMIT", "pack_plain", "unpack_plain"]

_ATOMS = frozenset((type(None), bool, int, float, str))
FROM_ITEMS = 64
DEPTH = 6
BYTES_LIMIT = 16 * 1024 * 1024

_nested: Any = None | bool | int | float | str
for _ in range(DEPTH):
    _nested = None | bool | int | float | str | tuple[_nested, ...]
_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[tuple[Any, ...]] = msgspec.msgpack.Decoder(tuple[_nested, ...])


def pack_plain(value: list[Any] | tuple[Any, ...]) -> bytes | None:
    """Return the items as one piece of msgpack; None if they are few, or not as plain as that.

    Raises:
        WireError: if they are too many: ``BYTES_LIMIT`` is for all such pieces of a value together.
    """
    if len(value) < FROM_ITEMS or not _is_plain(value):
        return None
    try:
        data = _ENCODER.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return None  # a very long integer or a lone surrogate: for the slower way to handle or refuse
    if len(data) > BYTES_LIMIT:
        raise WireError(f"lists of numbers that take more than {BYTES_LIMIT} bytes; put them into arrays")
    return data


def unpack_plain(data: bytes) -> tuple[Any, ...]:
    """Read what ``pack_plain`` wrote; the outermost container comes as a tuple.

    Raises:
        WireError: if it is malformed.
    """
    if len(data) > BYTES_LIMIT:
        raise WireError(f"plain data of more than {BYTES_LIMIT} bytes")
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"plain data on the wire is malformed: {error}") from error


def _is_plain(items: list[Any] | tuple[Any, ...]) -> bool:
    """Look level by level, so that each level costs a few passes in C."""
    level: Iterable[Any] = items
    for _ in range(DEPTH):
        others = set(map(type, level)) - _ATOMS
        if not others:
            return True
        if others != {tuple}:
            return False
        level = list(chain.from_iterable([item for item in level if type(item) is tuple]))
    return False
