"""What can go wrong on the wire."""

from __future__ import annotations

__all__ = ["WireClosedError", "WireError", "WireTimeoutError"]


class WireError(Exception):
    """Something cannot be sent, or what arrived is not what the wire carries."""


class WireClosedError(WireError):
    """The other end is gone."""


class WireTimeoutError(WireError):
    """The other end did not answer in time."""
