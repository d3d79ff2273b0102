"""Both ends of a wire, and values as exactly alike as they must come out of it."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from torchgrade.wire import Bounds, Link, pack, unpack

SECONDS = 60.0


@contextmanager
def linked(bounds=None):
    left, right = socket.socketpair()
    ours, theirs = Link(left, bounds or Bounds()), Link(right, bounds or Bounds())
    try:
        yield ours, theirs
    finally:
        ours.close()
        theirs.close()


def cross(value, **options):
    """Send a value over a real socket and return what arrives."""
    with linked() as (ours, theirs):
        deadline = time.monotonic() + SECONDS
        packed = pack(value)
        failures = []

        def send():
            try:
                ours.send("value", b"nonce", packed, deadline=deadline)
            except Exception as error:  # noqa: BLE001 - raised again below
                failures.append(error)
                ours.close()

        sender = threading.Thread(target=send)
        sender.start()
        try:
            frame = theirs.receive(deadline=deadline)
        finally:
            sender.join()
            if failures:
                raise failures[0]
        assert (frame.kind, frame.nonce) == ("value", b"nonce")
        return unpack(frame.tree, frame.arrays, **options)


def same(left, right):
    """Tell whether two values are of the same types and bits throughout."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    return repr(left) == repr(right)


@pytest.fixture(name="cross")
def _cross():
    return cross


@pytest.fixture(name="same")
def _same():
    return same


@pytest.fixture(name="linked")
def _linked():
    return linked
