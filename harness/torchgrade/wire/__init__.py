"""The wire between the grader and a worker: data only, typed and bounded on both sides.

``values`` turns Python values into a tree of plain data and a list of arrays, and back; ``frames``
sends and receives such trees over a stream socket. Nothing that arrives is ever executed.
"""

from __future__ import annotations

from torchgrade.wire.errors import WireClosedError, WireError, WireTimeoutError
from torchgrade.wire.frames import Bounds, Frame, Link
from torchgrade.wire.values import Handle, Packed, pack, pack_named, unpack

__all__ = [
    "Bounds",
    "Frame",
    "Handle",
    "Link",
    "Packed",
    "WireClosedError",
    "WireError",
    "WireTimeoutError",
    "pack",
    "pack_named",
    "unpack",
]
